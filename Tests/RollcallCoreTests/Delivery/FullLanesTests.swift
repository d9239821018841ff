import RollcallCore
import Testing

/// A queue with the maximum number of lanes.
@Suite struct `With the maximum number of waiting lanes` {
  @Test func `a lane without events makes room once its wait is over`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(2), limits: .inFile(undelivered: 100, lanes: 1))
    var now = Timestamp(milliseconds: 0)
    var due: Timestamp?
    var isGivenUp = false
    var actions = queue.offer(EventReference(sequence: 1, lane: ConferenceSID("CF1"), timestamp: now), at: now)
    // Every attempt fails. After the second one the lane waits for longer than the maximum age of its event.
    for _ in 0..<10 {
      if actions.contains(.send(1, previous: .none)) {
        actions += queue.finished(1, .retry(retryAfter: nil), at: now, using: &random)
      }
      isGivenUp = isGivenUp || actions.contains(.deadLetter(1, .tooOld))
      for case .wake(let moment) in actions { due = moment }
      guard let moment = due else { break }
      (now, due) = (moment, nil)
      actions = queue.wake(at: now)
    }
    let hasRoom = queue.hasRoom
    #expect(isGivenUp && hasRoom, "otherwise the queue would never fetch more events")
  }
}
