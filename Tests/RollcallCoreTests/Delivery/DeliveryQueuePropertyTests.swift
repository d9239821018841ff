import RollcallCore
import RollcallTestKit
import Testing

/// Whatever a target does, the rules hold; ``DeliveryWorld`` checks them at every step.
struct DeliveryQueuePropertyTests {
  @Test(arguments: Seeds.first(40))
  func `every event is finished exactly once and in order, and all are delivered once faults stop`(seed: UInt64) {
    var world = DeliveryWorld(seed: seed, maximumAge: .seconds(86_400))
    if seed.isMultiple(of: 2) { world.readLatency = 0...60_000 }
    var choice = SplitMix64(seed: seed &* 977)
    let lanes = Int.random(in: 1...40, using: &choice)
    let faults = Double.random(in: 0...1, using: &choice)
    for _ in 0..<300 {
      world.offer(
        lane: Bool.random(using: &choice) ? DeliveryWorld.lane(Int.random(in: 0..<lanes, using: &choice)) : nil)
      let limit = world.now + .milliseconds(Int64.random(in: 0...3000, using: &choice))
      world.run(until: limit) { _, random in Self.outcome(faults: faults, &random) }
    }
    if seed.isMultiple(of: 2) { world.readLatency = 0...1000 }
    let before = world.queue.undelivered
    let deliveredBefore = world.deliveredCount
    world.run(until: world.now + .seconds(1900)) { _, _ in .delivered }
    #expect(world.queue.isEmpty)
    #expect(world.queue.loadedDeliveries.isEmpty)
    #expect(!world.queue.hasWork && !world.queue.isCircuitOpen)
    #expect(world.deliveredCount == deliveredBefore + before)
  }

  @Test(arguments: Seeds.first(20))
  func `with a small bound, a short age and a target that may be gone, every event is counted`(seed: UInt64) {
    var world = DeliveryWorld(seed: seed, maximumAge: .seconds(60), limits: .inMemory(undelivered: 20))
    if seed % 4 > 1 { world.readLatency = 0...20_000 }
    var choice = SplitMix64(seed: seed &* 31)
    for step in 0..<400 {
      // Conferences come and go: those before the window have ended.
      let first = step / 5
      let number = Int.random(in: first..<(first + 25), using: &choice)
      world.offer(lane: DeliveryWorld.lane(number))
      #expect(world.queue.undelivered <= 20)
      if first > 0, let over = DeliveryWorld.lane(first - 1) { world.queue.forgetWhenEmpty(over) }
      let limit = world.now + .milliseconds(Int64.random(in: 0...2000, using: &choice))
      let mayGo = step > 300 && seed % 2 == 0
      world.run(until: limit) { _, random in
        mayGo && Int.random(in: 0..<20, using: &random) == 0 ? .gone : Self.outcome(faults: 0.8, &random)
      }
    }
    world.run(until: world.now + .seconds(1900)) { _, _ in .delivered }
    #expect(world.queue.isEmpty)
    #expect(world.ends.count == 400)
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func `the same seed gives the same actions`(seed: UInt64) {
    func actions() -> [DeliveryAction] {
      var world = DeliveryWorld(seed: seed)
      for number in 0..<60 { world.offer(lane: DeliveryWorld.lane(number % 23)) }
      world.run(until: world.now + .seconds(600)) { _, random in Self.outcome(faults: 0.6, &random) }
      return world.sent
    }
    #expect(actions() == actions())
  }

  @Test(arguments: Seeds.first(40))
  func `with more events than fit in memory, and crashes, nothing is lost or out of order`(seed: UInt64) {
    var choice = SplitMix64(seed: seed &* 131)
    let window = Int.random(in: 2...8, using: &choice)
    let limits = DeliveryLimits.inFile(
      undelivered: 100_000, window: window, lanes: Int.random(in: 3...30, using: &choice))
    var world = DeliveryWorld(seed: seed, maximumAge: .seconds(86_400), limits: limits)
    let lanes = Int.random(in: 1...40, using: &choice)
    let faults = Double.random(in: 0...1, using: &choice)
    var noted = world.queue.cursor
    for step in 0..<150 {
      for _ in 0..<Int.random(in: 0...20, using: &choice) {
        let lane = Bool.random(using: &choice) ? DeliveryWorld.lane(Int.random(in: 0..<lanes, using: &choice)) : nil
        world.offer(lane: lane, isWanted: Int.random(in: 0..<5, using: &choice) > 0)
      }
      let limit = world.now + .milliseconds(Int64.random(in: 0...3000, using: &choice))
      world.run(until: limit) { _, random in Self.outcome(faults: faults, &random) }
      if step.isMultiple(of: 3) { noted = world.queue.cursor }
      guard Int.random(in: 0..<20, using: &choice) == 0 else { continue }
      world.restart(from: noted)
    }
    world.run(until: world.now + .seconds(4000)) { _, _ in .delivered }
    #expect(world.queue.isEmpty && !world.queue.hasWork && !world.queue.isCircuitOpen)
    #expect(world.ends.count == world.wantedCount)
    #expect(world.queue.cursor == Cursor(first: 1, taken: UInt64(world.stream.count)))
  }

  @Test(arguments: Seeds.first(20))
  func `events in the store that exceed the bound, are too old or are no longer wanted are given up as well`(
    seed: UInt64
  ) {
    var choice = SplitMix64(seed: seed &* 17)
    let limits = DeliveryLimits.inFile(undelivered: 60, window: 4, lanes: 50)
    var world = DeliveryWorld(seed: seed, maximumAge: .seconds(60), limits: limits)
    for step in 0..<300 {
      for _ in 0..<3 { world.offer(lane: DeliveryWorld.lane(Int.random(in: 0..<6, using: &choice))) }
      let limit = world.now + .milliseconds(Int64.random(in: 50...2000, using: &choice))
      let mayGo = step > 250 && seed % 2 == 0
      world.run(until: limit) { _, random in
        mayGo && Int.random(in: 0..<20, using: &random) == 0 ? .gone : Self.outcome(faults: 0.8, &random)
      }
      #expect(world.queue.undelivered <= 60 || !world.questions.isEmpty)
    }
    world.run(until: world.now + .seconds(1900)) { _, _ in .delivered }
    #expect(world.queue.isEmpty)
    #expect(world.ends.count == 900)
    #expect(world.queue.cursor.behind.isEmpty)
  }

  private static func outcome(faults: Double, _ random: inout SplitMix64) -> DeliveryOutcome {
    guard Double.random(in: 0..<1, using: &random) < faults else { return .delivered }
    switch Int.random(in: 0..<20, using: &random) {
    case 0: return .rejected(status: 422)
    case 1: return .retry(retryAfter: .seconds(Int64.random(in: 0...100, using: &random)))
    default: return .retry(retryAfter: nil)
    }
  }
}
