import RollcallCore
import Synchronization

/// How many requests there were since somebody last looked.
final class RequestCount: Sendable {
  private let count = Atomic(0)

  func add() { count.add(1, ordering: .relaxed) }

  /// Begins anew, and gives what there was.
  func take() -> Int { count.exchange(0, ordering: .relaxed) }
}

/// Counts the requests of one of those who send them.
struct CountedTransport: HTTPTransport {
  let base: any HTTPTransport
  let count: RequestCount

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    count.add()
    return try await base.send(request)
  }
}
