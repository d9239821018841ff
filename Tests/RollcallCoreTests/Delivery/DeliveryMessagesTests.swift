import RollcallCore
import RollcallTestKit
import Testing

/// A queue for chat messages: the events of a poll are sent together, one request at a time and one per second.
/// ``DeliveryWorld`` checks that for every request.
struct DeliveryMessagesTests {
  private static let failed = DeliveryOutcome.retry(retryAfter: nil)
  private static let start = Timestamp(milliseconds: 1_000_000_000)

  private static func polls(_ wishes: Int) -> [Bool] { Array(repeating: true, count: wishes) }

  @Test func `a poll is sent as one message, with the wanted events`() {
    var world = DeliveryWorld(seed: 1, pace: .messages)
    world.offerPoll(lane: nil, [true, false, true, true, false])
    #expect(world.sent.count == 1 && world.flights.first?.delivery.last == 4)
    #expect(world.flights.first?.delivery.count == 3 && world.queue.undelivered == 3)
    world.run(until: world.now + .seconds(10)) { _, _ in .delivered }
    #expect(world.deliveredCount == 3 && world.queue.isEmpty)
  }

  @Test func `an event waits until its poll is known to be complete`() {
    var queue = DeliveryQueue(maximumAge: .seconds(60), pace: .messages)
    let lane = DeliveryWorld.lane(1)
    for sequence in 1...3 as ClosedRange<UInt64> {
      #expect(
        queue.offer(EventReference(sequence: sequence, lane: lane, timestamp: Self.start), at: Self.start).isEmpty)
    }
    #expect(!queue.isEmpty && !queue.hasWork)
    let other = EventReference(sequence: 4, lane: DeliveryWorld.lane(2), timestamp: Self.start)
    var whole = Delivery(1)
    let sent = queue.offer(other, at: Self.start)
    guard case .send(let delivery, _)? = sent.first else {
      Issue.record("expected a request, got \(sent)")
      return
    }
    whole = delivery
    #expect(whole.first == 1 && whole.last == 3 && whole.count == 3 && sent.count == 1)
    #expect(queue.caughtUp(at: Self.start).isEmpty, "expected one request at a time")
  }

  @Test(arguments: [1, 2, 7, 64, 65, 300], [2, 4, 64])
  func `a poll of any size is one message, however much is in memory`(size: Int, window: Int) {
    let limits = DeliveryLimits.inFile(undelivered: 100_000, window: window, lanes: 10)
    var world = DeliveryWorld(seed: UInt64(size), pace: .messages, limits: limits)
    world.latency = 2000...2000
    world.offerPoll(lane: nil, [true])
    for _ in 0..<3 {
      world.run(until: world.now + .milliseconds(1)) { _, _ in .delivered }
      world.offerPoll(lane: nil, Self.polls(size))
    }
    world.run(until: world.now + .seconds(60)) { _, _ in .delivered }
    #expect(world.sent.count == 4 && world.deliveredCount == 1 + 3 * size)
  }

  @Test(arguments: Seeds.first(20))
  func `polls stay complete, in order and a second apart, whatever fails`(seed: UInt64) {
    var choice = SplitMix64(seed: seed &* 733)
    let limits = DeliveryLimits.inFile(
      undelivered: 100_000, window: Int.random(in: 2...8, using: &choice), lanes: Int.random(in: 3...30, using: &choice)
    )
    var world = DeliveryWorld(seed: seed, maximumAge: .seconds(864_000), pace: .messages, limits: limits)
    let lanes = Int.random(in: 1...20, using: &choice)
    let faults = Double.random(in: 0...0.7, using: &choice)
    var noted = world.queue.cursor
    for step in 0..<100 {
      for _ in 0..<Int.random(in: 0...3, using: &choice) {
        let lane =
          Int.random(in: 0..<6, using: &choice) > 0 ? DeliveryWorld.lane(.random(in: 0..<lanes, using: &choice)) : nil
        world.offerPoll(lane: lane, (0..<Int.random(in: 1...20, using: &choice)).map { _ in .random(using: &choice) })
      }
      let limit = world.now + .milliseconds(Int64.random(in: 1...4000, using: &choice))
      world.run(until: limit) { _, random in Self.outcome(faults: faults, &random) }
      if step.isMultiple(of: 3), world.queue.hasRoom { noted = world.queue.cursor }
      if Int.random(in: 0..<20, using: &choice) == 0 { world.restart(from: noted) }
    }
    world.run(until: world.now + .seconds(20_000)) { _, _ in .delivered }
    #expect(world.queue.isEmpty && !world.queue.hasWork && !world.queue.isCircuitOpen)
    #expect(world.ends.count == world.wantedCount)
    #expect(world.queue.cursor == Cursor(first: 1, taken: UInt64(world.stream.count)))
  }

  @Test(arguments: Array(1...20) as [UInt64])
  func `polls that exceed the bound, are too old or are no longer wanted are given up as a whole`(seed: UInt64) {
    var choice = SplitMix64(seed: seed &* 19)
    let limits =
      seed % 2 == 0
      ? DeliveryLimits.inFile(undelivered: 60, window: 4, lanes: 50) : .inMemory(undelivered: 60)
    var world = DeliveryWorld(seed: seed, maximumAge: .seconds(60), pace: .messages, limits: limits)
    for step in 0..<200 {
      world.offerPoll(
        lane: DeliveryWorld.lane(.random(in: 0..<6, using: &choice)), Self.polls(.random(in: 1...5, using: &choice)))
      let limit = world.now + .milliseconds(Int64.random(in: 50...2000, using: &choice))
      let mayGo = step > 150 && seed % 3 == 0
      world.run(until: limit) { _, random in
        mayGo && Int.random(in: 0..<20, using: &random) == 0 ? .gone : Self.outcome(faults: 0.8, &random)
      }
      #expect(world.queue.undelivered <= 60 || !world.questions.isEmpty)
    }
    world.run(until: world.now + .seconds(1900)) { _, _ in .delivered }
    #expect(world.queue.isEmpty && world.ends.count == world.wantedCount)
    #expect(world.queue.cursor.behind.isEmpty)
  }

  @Test func `eight messages take at least seven seconds, whatever their lanes`() {
    var world = DeliveryWorld(seed: 1, pace: .messages)
    world.latency = 0...0
    let start = world.now
    for lane in 0..<8 { world.offerPoll(lane: DeliveryWorld.lane(lane % 3), [true]) }
    for _ in 0..<100 where world.sent.count < 8 { _ = world.step(until: start + .seconds(60)) { _, _ in .delivered } }
    #expect(world.sent.count == 8 && world.now - start >= .seconds(7))
  }

  @Test func `a receiver that asks for a pause gets one from all lanes`() {
    var world = DeliveryWorld(seed: 1, pace: .messages)
    for lane in 0..<5 { world.offer(lane: DeliveryWorld.lane(lane)) }
    let start = world.now
    _ = world.step(until: start + .seconds(60)) { _, _ in .retry(retryAfter: .seconds(40)) }
    let asked = world.now
    for _ in 0..<20 where world.sent.count == 1 { _ = world.step(until: start + .seconds(60)) { _, _ in .delivered } }
    #expect(world.sent.count == 2 && world.now >= asked + .seconds(40))
    world.run(until: world.now + .seconds(60)) { _, _ in .delivered }
    #expect(world.deliveredCount == 5)
  }

  @Test func `a receiver whose limit is used up is left alone after a success too`() {
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(60), pace: .messages)
    for sequence in 1...2 as ClosedRange<UInt64> {
      let event = EventReference(sequence: sequence, lane: nil, timestamp: Self.start + .seconds(Int64(sequence)))
      _ = queue.offer(event, at: Self.start)
    }
    _ = queue.caughtUp(at: Self.start)
    let actions = queue.finished(1, .delivered, resting: .seconds(7), at: Self.start, using: &random)
    #expect(actions == [.delivered(1), .wake(at: Self.start + .seconds(7))])
    _ = queue.beginDrain(at: Self.start, deadline: Self.start + .seconds(6))
    #expect(!queue.hasWork, "expected no work, because the event's turn comes too late")
    #expect(queue.wake(at: Self.start + .seconds(7)) == [.send(2, previous: .event(1))])
  }

  private static func outcome(faults: Double, _ random: inout SplitMix64) -> DeliveryOutcome {
    guard Double.random(in: 0..<1, using: &random) < faults else { return .delivered }
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return .rejected(status: 422)
    case 1: return .retry(retryAfter: .seconds(Int64.random(in: 0...100, using: &random)))
    default: return failed
    }
  }
}
