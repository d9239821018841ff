import RollcallCore
import Synchronization

/// Answers each request with the status that a function of its `webhook-id` gives, and remembers what was asked.
final class AnsweringTransport: HTTPTransport {
  private let answer: @Sendable (_ id: String) -> Int
  private let asked = Mutex<[HTTPRequest]>([])

  init(_ answer: @escaping @Sendable (_ id: String) -> Int) { self.answer = answer }

  var requests: [HTTPRequest] { asked.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    asked.withLock { $0.append(request) }
    return HTTPResponse(status: answer(request.value(of: "webhook-id") ?? ""), body: .bytes(PaddedBytes([])))
  }
}

extension HTTPRequest {
  func value(of header: String) -> String? { headers.first { $0.name == header }?.value.reveal() }
}
