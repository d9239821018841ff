import RollcallCore
import Synchronization

/// Answers each request with the status that a function returns for its `webhook-id`, and records the requests.
final class AnsweringTransport: HTTPTransport {
  private let answer: @Sendable (_ id: String) -> Int
  private let body: String
  private let headers: [String: String]
  private let asked = Mutex<[HTTPRequest]>([])

  /// - Parameter body: the body of every answer.
  init(
    saying body: String = "", headers: [String: String] = [:], _ answer: @escaping @Sendable (_ id: String) -> Int
  ) {
    self.answer = answer
    self.body = body
    self.headers = headers
  }

  var requests: [HTTPRequest] { asked.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    asked.withLock { $0.append(request) }
    return HTTPResponse(
      status: answer(request.value(of: "webhook-id") ?? ""), headers: headers,
      body: .bytes(PaddedBytes(Array(body.utf8))))
  }
}

extension HTTPRequest {
  func value(of header: String) -> String? { headers.first { $0.name == header }?.value.reveal() }
}
