package import RollcallCore

/// A delivery that tries a webhook and tells nothing.
///
/// It is signed as every other one. A receiver knows it by its type `watch.test` and its sequence 0, which no event has.
package enum WebhookTest {
  package static let type = "watch.test"

  /// Posts it once.
  ///
  /// - Parameter epoch: random bits that keep its id apart from all others.
  /// - Returns: the status of the answer, what was said, and whether that means that it was taken.
  package static func post(
    to target: WebhookTarget, epoch: UInt64, on loop: EventLoop, transport: any HTTPTransport
  ) async throws(HTTPFailure) -> (status: Int, words: String?, isTaken: Bool) {
    let now = loop.wallClock
    let request = target.request(for: event(epoch: epoch, at: now), previous: nil, at: now)
    let reply = try await transport.send(request)
    return (reply.status, target.words(of: reply), target.format.judge(reply, at: now).outcome == .delivered)
  }

  static func event(epoch: UInt64, at now: Timestamp) -> StoredEvent {
    let id = EventStream.id(epoch: epoch, sequence: 0)
    let line = """
      {"id":"\(id)","type":"\(type)","timestamp":"\(now.rfc3339)","sequence":0,"version":"\(RollcallVersion.number)"}\n
      """
    // The type of a stored event is for filters, and none is asked here.
    return StoredEvent(
      sequence: 0, id: id, type: .watchHeartbeat, timestamp: now, conference: nil, call: nil, line: Array(line.utf8))
  }
}
