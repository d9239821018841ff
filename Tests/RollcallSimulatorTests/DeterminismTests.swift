import RollcallCore
import RollcallServer
import Testing

@testable import RollcallSimulator

@Suite struct `A simulated space is repeatable` {
  @Test(arguments: ["busy", "flaky", "throttled", "stale", "torn"], [1, 2, 3] as [UInt64])
  func `the same seed and times give the same bytes`(name: String, seed: UInt64) throws {
    #expect(try bytes(name, seed: seed) == bytes(name, seed: seed))
  }

  @Test func `another seed gives another space`() throws {
    #expect(try bytes("busy", seed: 1) != bytes("busy", seed: 2))
    #expect(try TestSpace("demo", seed: 1).conference != TestSpace("demo", seed: 2).conference)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `events do not depend on the number of requests`(seed: UInt64) throws {
    var asked = SimulatedRoom(plan: Scenario.busy.rooms[0], keepsFinishedRows: false, seed: seed)
    var left = asked
    var random = SplitMix64(seed: seed)
    var moment: Int64 = 0
    while moment < 60_000 {
      moment = min(60_000, moment + Int64(random.below(700)))
      asked.advance(to: moment)
    }
    left.advance(to: 60_000)
    #expect(asked.history == left.history)
    #expect(asked.history.count > 100)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `replaying the history gives the room`(seed: UInt64) {
    var room = SimulatedRoom(plan: Scenario.busy.rooms[0], keepsFinishedRows: false, seed: seed)
    room.advance(to: 120_000)
    var muted: Set<String> = []
    var coached: [String: String] = [:]
    var there: Set<String> = []
    for entry in room.history {
      switch entry.kind {
      case .joined: there.insert(entry.callSID)
      case .left:
        there.remove(entry.callSID)
        muted.remove(entry.callSID)
      case .muted: muted.insert(entry.callSID)
      case .unmuted: muted.remove(entry.callSID)
      case .coachingStarted: coached[entry.callSID] = entry.target
      case .coachingStopped: coached[entry.callSID] = nil
      case .held, .unheld, .updated, .ended: break
      }
    }
    #expect(there == Set(room.people.map(\.callSID)))
    #expect(muted == Set(room.people.filter(\.muted).map(\.callSID)))
    #expect(
      coached == Dictionary(uniqueKeysWithValues: room.people.compactMap { p in p.coached.map { (p.callSID, $0) } }))
    #expect(Set(coached.values).isSubset(of: there))
  }

  @Test(
    arguments: [
      (1_545_236_896_000, "Wed, 19 Dec 2018 16:28:16 +0000"), (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
      (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 +0000"), (4_107_542_399_999, "Sun, 28 Feb 2100 23:59:59 +0000"),
    ] as [(Int64, String)])
  func `dates are RFC 2822`(milliseconds: Int64, text: String) {
    #expect(ProviderDate.text(milliseconds) == text)
  }

  private func bytes(_ name: String, seed: UInt64) throws -> [[UInt8]] {
    let space = try TestSpace(name, seed: seed)
    return (0..<20).flatMap { index in
      space.move(to: Int64(index) * 500)
      return [space.get(space.list).body, space.get("\(space.base)?PageSize=2").body]
    }
  }
}
