import RollcallCore
import Testing

struct DeliveryQueueTests {
  private static let failed = DeliveryOutcome.retry(retryAfter: nil)

  @Test func `a lane sends one event after another and names the previous one`() {
    var world = DeliveryWorld(seed: 1)
    for _ in 0..<3 { world.offer(lane: nil) }
    #expect(world.sent == [.send(1, previous: .none)])
    world.run(until: world.now + .seconds(60)) { event, _ in event.sequence == 2 ? .rejected(status: 400) : .delivered }
    #expect(
      world.sent == [
        .send(1, previous: .none), .send(2, previous: .event(1)), .send(3, previous: .event(2)),
      ])
    #expect(world.ends[2] == .deadLetter(2, .rejected(status: 400)))
  }

  @Test func `a resumed run reads the event before a lane's first from the store`() {
    var queue = DeliveryQueue(maximumAge: .seconds(60), resuming: Cursor(first: 3, taken: 41))
    let start = Timestamp(milliseconds: 0)
    #expect(queue.offer(EventReference(sequence: 41, lane: nil, timestamp: start), at: start).isEmpty)
    let event = EventReference(sequence: 44, lane: nil, timestamp: start)
    #expect(queue.offer(event, at: start) == [.send(44, previous: .unknown)])
    #expect(queue.offer(event, at: start).isEmpty)
  }

  @Test func `sixteen lanes are served at a time`() {
    var world = DeliveryWorld(seed: 1)
    for number in 0..<50 { world.offer(lane: DeliveryWorld.lane(number)) }
    #expect(world.sent.count == 16)
    world.run(until: world.now + .seconds(60)) { _, _ in .delivered }
    #expect(world.deliveredCount == 50)
  }

  @Test func `a lane's head is attempted at 0, 1 s, 5 s, 30 s, 2 min, 5 min and every 5 min`() {
    var world = DeliveryWorld(seed: 5)
    world.latency = 0...0
    let start = world.now
    world.offer(lane: nil)
    var moments: [Int64] = []
    for _ in 0..<100 where moments.count < 8 {
      let count = world.sent.count
      _ = world.step(until: start + .seconds(3000)) { _, _ in Self.failed }
      if world.sent.count > count { moments.append((world.now - start).components.seconds) }
    }
    let expected: [ClosedRange<Int64>] = [0...1, 4...7, 28...44, 124...187, 364...547, 604...907, 844...1267]
    #expect(zip(moments, expected).allSatisfy { $1.contains($0) } && moments.count == 8, "\(moments)")
  }

  @Test func `a target that accepts nothing for 30 s gets one request at a time until it accepts one`() {
    var world = DeliveryWorld(seed: 2)
    for number in 0..<30 { world.offer(lane: DeliveryWorld.lane(number)) }
    world.run(until: world.now + .seconds(29)) { _, _ in Self.failed }
    #expect(!world.queue.isCircuitOpen && world.notices.isEmpty)
    world.run(until: world.now + .seconds(16)) { _, _ in Self.failed }
    #expect(world.queue.isCircuitOpen && world.notices == [.circuitOpened])
    for _ in 0..<300 {
      guard world.step(until: world.now + .seconds(600), outcome: { _, _ in Self.failed }) else { break }
      #expect(world.flights.count <= 1)
    }
    let tried = Set(world.sent.suffix(40))
    #expect(tried.count >= 25, "expected at least 25 heads, which take turns")
    for _ in 0..<10 where world.queue.isCircuitOpen {
      _ = world.step(until: world.now + .seconds(600)) { _, _ in .delivered }
    }
    #expect(world.notices == [.circuitOpened, .circuitClosed])
    #expect(world.flights.count == DeliveryQueue.maximumInFlight)
    world.run(until: world.now + .seconds(60)) { _, _ in .delivered }
    #expect(world.deliveredCount == 30)
  }

  @Test func `a head is given up only after it has failed eight times while others succeed`() {
    var world = DeliveryWorld(seed: 3)
    let poisoned = DeliveryWorld.lane(0)
    world.latency = 1...100
    var failures = 0
    world.offer(lane: poisoned)
    world.offer(lane: poisoned)
    for _ in 0..<3000 {
      world.offer(lane: DeliveryWorld.lane(1))
      world.run(until: world.now + .milliseconds(500)) { event, _ in
        guard event.sequence == 1 else { return .delivered }
        failures += 1
        return Self.failed
      }
    }
    #expect(world.ends[1] == .deadLetter(1, .failedRepeatedly))
    #expect(
      failures == 8 || failures == 9, "expected 8 failures, or 9 if the first came before any success, got \(failures)")
    #expect(world.ends[2] == .delivered(2))
  }

  @Test func `a lane whose head is given up still waits as long as the receiver asked`() {
    var world = DeliveryWorld(seed: 3)
    world.latency = 1...100
    let poisoned = DeliveryWorld.lane(0)
    world.offer(lane: poisoned)
    world.offer(lane: poisoned)
    var given: Timestamp?
    for _ in 0..<3000 where given == nil {
      world.offer(lane: DeliveryWorld.lane(1))
      world.run(until: world.now + .milliseconds(500)) { event, _ in
        event.sequence == 1 ? .retry(retryAfter: .seconds(60)) : .delivered
      }
      if world.ends[1] != nil { given = world.now }
    }
    #expect(world.ends[1] == .deadLetter(1, .failedRepeatedly) && world.ends[2] == nil)
    world.run(until: world.now + .seconds(50)) { _, _ in .delivered }
    #expect(world.ends[2] == nil)
    world.run(until: world.now + .seconds(11)) { _, _ in .delivered }
    #expect(world.ends[2] == .delivered(2))
  }

  @Test func `a head is never given up for its failures while nothing else succeeds`() {
    var world = DeliveryWorld(seed: 3, maximumAge: .seconds(86_400))
    world.offer(lane: DeliveryWorld.lane(0))
    world.offer(lane: DeliveryWorld.lane(1))
    world.run(until: world.now + .seconds(20_000)) { _, _ in Self.failed }
    #expect(world.ends.isEmpty && world.sent.count > 100)
  }

  @Test func `an old event is given up only after an attempt has failed`() {
    let now = Timestamp(milliseconds: 100_000_000)
    var random = SplitMix64(seed: 1)
    var queue = DeliveryQueue(maximumAge: .seconds(60))
    let old = now - .seconds(3600)
    #expect(
      queue.offer(EventReference(sequence: 1, lane: nil, timestamp: old), at: now) == [.send(1, previous: .none)])
    #expect(queue.offer(EventReference(sequence: 2, lane: nil, timestamp: old), at: now).isEmpty)
    #expect(queue.offer(EventReference(sequence: 3, lane: nil, timestamp: now), at: now).isEmpty)
    let actions = queue.finished(1, Self.failed, at: now + .seconds(1), using: &random)
    // The second event was written after that attempt began, so it still gets an attempt.
    #expect(actions.first == .deadLetter(1, .tooOld) && actions.count == 2)
    guard case .wake(let moment) = actions.last else {
      Issue.record("expected a timer, got \(actions)")
      return
    }
    #expect(queue.wake(at: moment) == [.send(2, previous: .event(1))])
    let later = queue.finished(2, Self.failed, at: moment, using: &random)
    #expect(later.first == .deadLetter(2, .tooOld))
    #expect(queue.loadedDeliveries == [3])
  }

  @Test func `a 410 turns the target off for the run`() {
    var world = DeliveryWorld(seed: 1)
    for number in 0..<40 { world.offer(lane: DeliveryWorld.lane(number % 20)) }
    world.run(until: world.now + .seconds(60)) { event, _ in event.sequence == 3 ? .gone : Self.failed }
    world.offer(lane: nil)
    #expect(world.notices == [.targetGone])
    #expect(world.ends.count == 41 && world.deliveredCount == 0)
    #expect(world.ends[41] == .deadLetter(41, .targetGone))
  }

  @Test func `at the bound the oldest event that is not in flight is given up`() {
    var world = DeliveryWorld(seed: 1, limits: .inMemory(undelivered: 5))
    for _ in 0..<8 { world.offer(lane: nil) }
    #expect(world.ends.keys.sorted() == [2, 3, 4])
    #expect(world.ends[2] == .deadLetter(2, .overflow))
    world.run(until: world.now + .seconds(60)) { _, _ in .delivered }
    #expect(world.sent.last == .send(8, previous: .event(7)))
    #expect(world.sent[1] == .send(5, previous: .event(4)))
  }

  @Test func `Retry-After is honoured even when the target recovers`() {
    var world = DeliveryWorld(seed: 1)
    let start = world.now
    world.offer(lane: nil)
    world.offer(lane: DeliveryWorld.lane(1))
    world.run(until: start + .seconds(60)) { event, _ in
      event.sequence == 1 ? .retry(retryAfter: .seconds(300)) : Self.failed
    }
    #expect(world.queue.isCircuitOpen)
    world.run(until: start + .seconds(299)) { _, _ in .delivered }
    #expect(world.notices == [.circuitOpened, .circuitClosed])
    #expect(world.ends.keys.sorted() == [2])
    #expect(world.sent.count { $0 == .send(1, previous: .none) } == 1)
    world.run(until: start + .seconds(310)) { _, _ in .delivered }
    #expect(world.deliveredCount == 2)
  }

  @Test func `a drain begins with one attempt if the circuit is open, and sets no timer past its deadline`() {
    var world = DeliveryWorld(seed: 1)
    for number in 0..<5 { world.offer(lane: DeliveryWorld.lane(number)) }
    world.run(until: world.now + .seconds(1000)) { _, _ in Self.failed }
    while !world.flights.isEmpty { _ = world.step(until: world.now + .seconds(60)) { _, _ in Self.failed } }
    #expect(world.queue.isCircuitOpen)
    let sent = world.sent.count
    world.perform(world.queue.beginDrain(at: world.now, deadline: world.now + .seconds(8)))
    #expect(world.sent.count == sent + 1 && world.queue.hasWork)
    var saved = world
    world.run(until: world.now + .seconds(8)) { _, _ in .delivered }
    #expect(world.deliveredCount == 5 && !world.queue.hasWork)
    let flight = saved.flights.map(\.delivery).first ?? 0
    let actions = saved.queue.finished(flight, Self.failed, at: saved.now, using: &saved.random)
    #expect(!actions.contains { if case .wake(let moment) = $0 { moment > saved.now + .seconds(8) } else { false } })
  }
}
