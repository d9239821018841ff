import RollcallCore
import Testing

/// When an event is attempted, and when it is given up.
struct DeliveryTimingTests {
  private static let failed = DeliveryOutcome.retry(retryAfter: nil)
  private static let start = Timestamp(milliseconds: 1_000_000_000)

  private func event(_ sequence: UInt64, _ lane: Int, age: Duration = .zero) -> EventReference {
    EventReference(sequence: sequence, lane: DeliveryWorld.lane(lane), timestamp: Self.start - age)
  }

  private func isSend(_ action: DeliveryAction) -> Bool {
    if case .send = action { true } else { false }
  }

  @Test func `a drain attempts every lane that waits, because the receiver may have recovered`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(3600))
    var now = Self.start
    for lane in 1...3 { _ = queue.offer(event(UInt64(lane), lane), at: now) }
    // After three failures the lanes wait for 30 s, more than a drain lasts.
    for _ in 0..<3 {
      for lane in 1...3 { _ = queue.finished(Delivery(UInt64(lane)), Self.failed, at: now, using: &random) }
      now = now + .seconds(7)
      _ = queue.wake(at: now)
    }
    #expect(!queue.isCircuitOpen && queue.inFlightCount == 0)
    let actions = queue.beginDrain(at: now, deadline: now + .seconds(8))
    #expect(actions.count(where: isSend) == 3 && queue.inFlightCount == 3)
    for lane in 1...3 { _ = queue.finished(Delivery(UInt64(lane)), .delivered, at: now, using: &random) }
    #expect(queue.isEmpty && !queue.hasWork)
  }

  @Test func `a lane that is due before the end of a drain keeps its turn, so that it gets no longer wait`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(3600))
    _ = queue.offer(event(1, 1), at: Self.start)
    _ = queue.finished(1, Self.failed, at: Self.start, using: &random)
    // The next attempt is due after about a second, and the one after that five seconds later.
    let now = Self.start + .milliseconds(500)
    #expect(!queue.beginDrain(at: now, deadline: now + .seconds(8)).contains(where: isSend))
    var moment = Self.start + .milliseconds(1250)
    #expect(queue.wake(at: moment).filter(isSend) == [.send(1, previous: .none)])
    _ = queue.finished(1, Self.failed, at: moment, using: &random)
    #expect(queue.hasWork)
    moment = moment + .milliseconds(6250)
    #expect(queue.wake(at: moment).filter(isSend) == [.send(1, previous: .none)])
  }

  @Test func `a drain attempts only the lanes that are due after it`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(3600))
    var now = Self.start
    _ = queue.offer(event(1, 1), at: now)
    for _ in 0..<3 {
      _ = queue.finished(1, Self.failed, at: now, using: &random)
      now = now + .seconds(7)
      _ = queue.wake(at: now)
    }
    _ = queue.offer(event(2, 2), at: now)
    _ = queue.finished(2, Self.failed, at: now, using: &random)
    let actions = queue.beginDrain(at: now, deadline: now + .seconds(8))
    #expect(actions.filter(isSend) == [.send(1, previous: .none)])
    _ = queue.finished(1, Self.failed, at: now, using: &random)
    let later = queue.wake(at: now + .milliseconds(1250))
    #expect(later.filter(isSend) == [.send(2, previous: .none)])
  }

  @Test func `a drain begins with one attempt if nothing was accepted for 30 s, whether that was noticed or not`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(3600))
    for lane in 1...3 { _ = queue.offer(event(UInt64(lane), lane), at: Self.start) }
    var now = Self.start
    for _ in 0..<3 {
      for lane in 1...3 { _ = queue.finished(Delivery(UInt64(lane)), Self.failed, at: now, using: &random) }
      now = now + .seconds(7)
      _ = queue.wake(at: now)
    }
    now = Self.start + .milliseconds(30_001)
    #expect(!queue.isCircuitOpen && queue.inFlightCount == 0)
    let actions = queue.beginDrain(at: now, deadline: now + .seconds(1))
    #expect(actions.contains(.circuitOpened) && actions.filter(isSend).count == 1)
  }

  @Test func `a drain makes no extra attempt at a target that asked to be left alone`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(3600))
    _ = queue.offer(event(1, 1), at: Self.start)
    _ = queue.finished(1, .retry(retryAfter: .seconds(20)), at: Self.start, using: &random)
    let now = Self.start + .seconds(1)
    #expect(queue.beginDrain(at: now, deadline: now + .seconds(8)).isEmpty)
    #expect(!queue.hasWork)
  }

  @Test func `the only attempt with an open circuit prefers a lane without Retry-After`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(3600))
    _ = queue.offer(event(1, 1), at: Self.start)
    _ = queue.offer(event(2, 2), at: Self.start)
    _ = queue.finished(1, .retry(retryAfter: .seconds(900)), at: Self.start, using: &random)
    var now = Self.start
    for _ in 0..<6 {
      _ = queue.finished(2, Self.failed, at: now, using: &random)
      now = now + .seconds(10)
      _ = queue.wake(at: now)
    }
    _ = queue.finished(2, Self.failed, at: now, using: &random)
    #expect(queue.isCircuitOpen && queue.inFlightCount == 0)
    #expect(queue.beginDrain(at: now, deadline: now + .seconds(8)).contains { $0 == .send(2, previous: .none) })
    #expect(queue.inFlightCount == 1)
  }

  @Test func `an attempt after a slow read sends no request while another is in flight and the circuit is open`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(3600))
    for lane in 1...3 { _ = queue.offer(event(UInt64(lane), lane), at: Self.start) }
    var isAllowed = queue.beginRequest(1)
    _ = queue.finished(1, .retry(retryAfter: .seconds(900)), at: Self.start, using: &random)
    let now = Self.start + .seconds(31)
    var actions = queue.wake(at: now)
    #expect(isAllowed && actions.contains(.circuitOpened))
    isAllowed = queue.beginRequest(2)
    #expect(isAllowed)
    isAllowed = queue.beginRequest(3)
    actions = queue.returned(3, at: now)
    #expect(!isAllowed && !actions.contains(where: isSend) && queue.inFlightCount == 1)
    actions = queue.finished(2, Self.failed, at: now, using: &random)
    isAllowed = queue.beginRequest(3)
    #expect(isAllowed && actions.filter(isSend) == [.send(3, previous: .none)])
    actions = queue.finished(3, .delivered, at: now, using: &random)
    #expect(actions.contains(.circuitClosed))
  }

  @Test func `an attempt whose target is gone after the read sends no request`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(3600))
    for lane in 1...2 { _ = queue.offer(event(UInt64(lane), lane), at: Self.start) }
    var isAllowed = queue.beginRequest(1)
    #expect(isAllowed)
    _ = queue.finished(1, .gone, at: Self.start, using: &random)
    isAllowed = queue.beginRequest(2)
    let actions = queue.returned(2, at: Self.start)
    #expect(!isAllowed && actions == [.deadLetter(2, .targetGone)])
    #expect(queue.isEmpty && !queue.hasWork)
  }

  @Test func `a lane that ran empty still waits as long as the receiver asked`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(60))
    _ = queue.offer(event(1, 1, age: .seconds(100)), at: Self.start)
    let actions = queue.finished(1, .retry(retryAfter: .seconds(120)), at: Self.start, using: &random)
    #expect(actions.first == .deadLetter(1, .tooOld) && queue.isEmpty && !queue.hasWork)
    #expect(!queue.offer(event(2, 1), at: Self.start + .seconds(1)).contains(where: isSend))
    #expect(!queue.wake(at: Self.start + .seconds(119)).contains(where: isSend))
    #expect(queue.wake(at: Self.start + .seconds(130)).contains(where: isSend))
  }

  @Test func `one failed attempt expires old events in every lane`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(60))
    for lane in 1...20 { _ = queue.offer(event(UInt64(lane), lane, age: .seconds(61)), at: Self.start) }
    let sequence = queue.loadedDeliveries.first ?? 0
    _ = queue.finished(sequence, .delivered, at: Self.start, using: &random)
    // Sixteen are in flight. Of the others, 17 began when 1 ended, and three are at rest.
    _ = queue.offer(event(21, 21, age: .seconds(61)), at: Self.start)
    let actions = queue.finished(17, Self.failed, at: Self.start, using: &random)
    let letters = actions.filter { if case .deadLetter(_, .tooOld) = $0 { true } else { false } }
    #expect(letters == [17, 18, 19, 20].map { DeliveryAction.deadLetter($0, .tooOld) })
    #expect(queue.loadedDeliveries.contains(21), "event 21 stays, because no attempt has failed since it was written")
  }

  @Test func `a waiting event is given up as soon as it is too old`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(60))
    _ = queue.offer(event(1, 1), at: Self.start)
    _ = queue.offer(event(2, 1), at: Self.start)
    let actions = queue.finished(1, .retry(retryAfter: .seconds(600)), at: Self.start, using: &random)
    #expect(actions == [.wake(at: Self.start + .milliseconds(60_001))])
    let later = queue.wake(at: Self.start + .milliseconds(60_001))
    #expect(later.contains(.deadLetter(1, .tooOld)))
    #expect(queue.loadedDeliveries == [2], "event 2 stays, because it was written after that attempt began")
  }
}
