import RollcallCore
import Testing

/// Which part of a backlog a queue keeps in memory, and which it leaves in the store.
struct DeliveryWindowTests {
  private static let start = Timestamp(milliseconds: 1_000_000_000)
  private static let limits = DeliveryLimits.inFile(undelivered: 1000, window: 4)

  private func event(_ sequence: UInt64, _ lane: ConferenceSID? = nil) -> EventReference {
    EventReference(sequence: sequence, lane: lane, timestamp: Self.start)
  }

  @Test func `events beyond the window are fetched when half of it is used`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(60), limits: Self.limits)
    for sequence in 1...9 as ClosedRange<UInt64> { _ = queue.offer(event(sequence), at: Self.start) }
    #expect(queue.loadedCount == 4 && queue.undelivered == 9)
    let first = queue.finished(1, .delivered, at: Self.start, using: &random)
    #expect(first == [.delivered(1), .send(2, previous: .event(1))])
    let second = queue.finished(2, .delivered, at: Self.start, using: &random)
    let span = LaneSpan(lane: nil, after: 4, through: 9)
    #expect(second == [.delivered(2), .send(3, previous: .event(2)), .fetch(span, limit: 2)])
    // An event that comes meanwhile is not in the answer, but is not lost.
    #expect(queue.offer(event(10), at: Self.start).isEmpty)
    #expect(queue.refilled(nil, [event(5), event(6)], isEnd: false, at: Self.start).isEmpty)
    #expect(queue.loadedCount == 4 && queue.undelivered == 8)
    #expect(queue.loadedDeliveries == [3, 4, 5, 6])
    #expect(
      queue.refilled(nil, [event(7)], isEnd: true, at: Self.start).isEmpty,
      "expected no action for an answer that was not requested")
  }

  @Test func `a run continues from the previous run's cursor`() {
    let lane = DeliveryWorld.lane(1)
    let cursor = Cursor(first: 5, taken: 90, behind: [lane: 70])
    var queue = DeliveryQueue(maximumAge: .seconds(60), limits: Self.limits, resuming: cursor, stored: [lane: 3])
    #expect(queue.undelivered == 3 && queue.hasWork && queue.cursor == cursor)
    let span = LaneSpan(lane: lane, after: 70, through: 90)
    #expect(queue.wake(at: Self.start) == [.fetch(span, limit: 4)])
    #expect(queue.wake(at: Self.start).isEmpty && queue.hasWork)
    let events = [event(74, lane), event(80, lane)]
    #expect(queue.refilled(lane, events, isEnd: true, at: Self.start) == [.send(74, previous: .unknown)])
    #expect(queue.undelivered == 2, "expected only the events that exist")
    #expect(queue.cursor.behind == [lane: 73])
    #expect(queue.offer(event(91), at: Self.start) == [.send(91, previous: .unknown)])
    #expect(queue.cursor == Cursor(first: 5, taken: 91, behind: [lane: 73, nil: 90]))
  }

  @Test func `after a 410 the remaining events are fetched and given up`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(60), limits: Self.limits)
    for sequence in 1...9 as ClosedRange<UInt64> { _ = queue.offer(event(sequence), at: Self.start) }
    let actions = queue.finished(1, .gone, at: Self.start, using: &random)
    let span = LaneSpan(lane: nil, after: 4, through: 9)
    let held = [1, 2, 3, 4].map { DeliveryAction.deadLetter($0, .targetGone) }
    #expect(actions == [held[0], .targetGone] + held[1...] + [.fetch(span, limit: 4)])
    #expect(queue.hasWork && queue.undelivered == 5)
    let more = queue.refilled(nil, (5...8).map { event($0) }, isEnd: false, at: Self.start)
    #expect(more.count == 5 && more.last == .fetch(LaneSpan(lane: nil, after: 8, through: 9), limit: 4))
    #expect(queue.refilled(nil, [event(9)], isEnd: true, at: Self.start) == [.deadLetter(9, .targetGone)])
    #expect(queue.isEmpty && !queue.hasWork && queue.cursor == Cursor(first: 1, taken: 9))
  }

  @Test func `an idle lane is forgotten for another, a busy one is not`() {
    var random = SplitMix64(seed: 1)
    var limits = Self.limits
    limits.lanes = 2
    var queue = DeliveryQueue(maximumAge: .seconds(60), limits: limits)
    let lanes = (0..<4).map(DeliveryWorld.lane)
    _ = queue.offer(event(1, lanes[0]), at: Self.start)
    _ = queue.offer(event(2, lanes[1]), at: Self.start)
    let isFull = !queue.hasRoom
    _ = queue.finished(1, .delivered, at: Self.start, using: &random)
    let hasRoom = queue.hasRoom
    #expect(isFull && hasRoom)
    #expect(queue.offer(event(3, lanes[2]), at: Self.start) == [.send(3, previous: .unknown)])
    #expect(queue.laneCount == 2)
    _ = queue.finished(3, .delivered, at: Self.start, using: &random)
    #expect(queue.offer(event(4, lanes[2]), at: Self.start) == [.send(4, previous: .event(3))])
  }
}
