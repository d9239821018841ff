import RollcallCore
import Testing

/// A queue that continues where an earlier run ended.
@Suite struct `Lanes left by an earlier run` {
  @Test func `are fetched starting with the oldest event`() {
    let afters: [UInt64] = [7, 3, 9, 1, 5, 8, 2, 6]
    var behind: [ConferenceSID?: UInt64] = [:]
    for after in afters { behind[after == 9 ? nil : ConferenceSID("CF\(after)")] = after }
    let cursor = Cursor(first: 1, taken: 20, behind: behind)
    var queue = DeliveryQueue(
      maximumAge: .seconds(60), limits: .inFile(undelivered: 100), resuming: cursor)
    let fetched = queue.wake(at: Timestamp(milliseconds: 0)).compactMap { action -> UInt64? in
      guard case .fetch(let span, _) = action else { return nil }
      return span.after
    }
    #expect(fetched == afters.sorted())
  }
}
