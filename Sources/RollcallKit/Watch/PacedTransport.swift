import RollcallCore

/// Counts what is sent to the origin.
struct PacedTransport: HTTPTransport {
  let base: any HTTPTransport
  let pace: PollPace
  let loop: EventLoop

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let now = Timestamp(loop.now)
    pace.update { $0.send(at: now) }
    defer { pace.update { $0.received() } }
    return try await base.send(request)
  }
}
