import RollcallCore
import RollcallKit
import RollcallSimulator
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `The room of a state file` {
  @Test(arguments: [3, 4] as [UInt64])
  func `is by default the room that the watch saved`(seed: UInt64) throws {
    let space = try SimulatedSpace(scenario: .busy, seed: seed)
    defer { space.stop() }
    let state = try StateFixture()
    _ = try state.watch(space, "--for", StateFixture.watchTime)
    let saved = try StateReader(path: state.path).rooms().map { try #require(Room($0)) }
    let expected = saved.flatMap { RoomRow.rows(of: $0, []) }.sorted(by: RoomRow.precedes).map {
      String(decoding: $0.line, as: UTF8.self)
    }
    let run = try state.run("room")
    #expect(run.status == 0 && run.errors == "")
    #expect(run.output == expected.joined())
    #expect(!expected.isEmpty)
    #expect(try state.run("room", "--conference", space.conferences[0].sid).output == run.output)
  }

  @Test func `is, for an earlier time, the room after the last event before that time`() throws {
    let space = try SimulatedSpace(scenario: .busy, seed: 6)
    defer { space.stop() }
    let state = try StateFixture()
    _ = try state.watch(space, "--for", StateFixture.watchTime)
    let reader = try StateReader(path: state.path)
    let events = try reader.events(StateReader.Selection(), after: 0, limit: 10_000)
    for moment in Set(events.map(\.timestamp)) {
      var recalled = RecalledRooms()
      for event in events where event.timestamp <= moment { try recalled.fold(event) }
      let expected = RoomRow.rows(of: recalled).map { String(decoding: $0.line, as: UTF8.self) }.joined()
      #expect(try state.run("room", "--at", moment.rfc3339).output == expected)
    }
    let before = try state.run("room", "--at", "2001-01-01T00:00:00Z")
    #expect(before.output == "" && before.status == 0)
    let start = try #require(events.first).timestamp.rfc3339
    #expect(before.errors == "rollcall: no participants found; the history begins at \(start)\n")
  }

  @Test func `causes a warning if nobody watched at the given time, or has watched up to then`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 6)
    defer { space.stop() }
    let state = try StateFixture()
    for _ in 0..<2 { _ = try state.watch(space, "--once") }
    _ = try state.watch(space, "--for", "100ms")
    let reader = try StateReader(path: state.path)
    let conference = try #require(ConferenceSID(space.conferences[0].sid))
    let event = try #require(try reader.first(.watchResumed, of: conference, after: Timestamp(milliseconds: 0)))
    let (from, to) = (try #require(EventLine(event).text("from")), try #require(EventLine(event).text("to")))
    let start = try #require(Timestamp(rfc3339: from))
    let gap =
      "rollcall: warning: \(conference) was not watched from \(from) to \(to): who came and went then is unknown\n"
    let during = try state.run("room", "--at", (start + .milliseconds(1)).rfc3339)
    #expect(during.status == 0 && during.output != "" && during.errors == gap)
    let before = try state.run("room", "--at", (start - .milliseconds(1)).rfc3339)
    #expect(before.output != "" && before.errors == "")
    let later = try state.run("room", "--at", "2099-01-01T00:00:00Z")
    #expect(later.status == 0 && later.errors.hasPrefix("rollcall: warning: \(conference) was last seen at "))
    #expect(later.errors.hasSuffix(": who came and went since is unknown\n"))
    #expect(try state.run("room").errors == "")
    // The gap stays one when the conference is over.
    space.perform(.end, in: space.conferences[0].sid)
    _ = try state.watch(space, "--for", StateFixture.watchTime)
    #expect(try state.run("room", "--at", (start + .milliseconds(1)).rfc3339).errors == gap)
  }

  @Test func `causes a warning if the history before the given time was pruned`() throws {
    let space = try SimulatedSpace(scenario: .busy, seed: 7)
    defer { space.stop() }
    let state = try StateFixture()
    _ = try state.watch(space, "--for", StateFixture.watchTime)
    let now = try state.run("room").output
    let end = try Self.forgetAllButTheEnd(of: state)
    #expect(try state.run("room").output == now)
    let then = try state.run("room", "--at", end.rfc3339)
    #expect(then.status == 0)
    #expect(then.errors.hasPrefix("rollcall: warning: the history before "))
    #expect(then.errors.contains(" was pruned (--keep): ") && then.errors.count { $0 == "\n" } == 1)
  }

  /// - Returns: when the last event, which ended the run, was written.
  private static func forgetAllButTheEnd(of state: borrowing StateFixture) throws -> Timestamp {
    let reader = try StateReader(path: state.path)
    let bounds = try #require(try reader.bounds())
    let last = try #require(try reader.event(bounds.upperBound))
    let owner = try #require(try reader.owner())
    try state.withStore(of: owner) { store in _ = try await store.forget(before: last.timestamp) }
    return last.timestamp
  }

  @Test func `of a conference that is not in the file gives exit status 69`() throws {
    let state = try StateFixture()
    try state.fill(heartbeats: 1, from: Timestamp(milliseconds: 1_800_000_000_000))
    let run = try state.run("room", "--conference", "c")
    #expect(
      run.errors
        == "rollcall: the state file has no events of a conference with the sid c; leave --conference out to see all\n")
    #expect(run.status == ExitStatus.unavailable.code)
    let empty = try state.run("room", "--format", "text")
    #expect(empty.output == "WHO  NOW  SINCE  STATUS  CALL\n" && empty.errors == "rollcall: no participants found\n")
    #expect(try state.run("room", "--at", "2100-01-01T00:00:00Z").errors == "rollcall: no participants found\n")
  }

  @Test(arguments: [
    Mistake("room", "x", line: "room does not take \"x\"; give --conference SID or --state FILE"),
    Mistake(
      "room",
      line: "room needs a state file; give --state FILE or set ROLLCALL_STATE, as for watch"
        + "; rollcall list SID asks the provider"),
    Mistake(
      "room", "--at", "now",
      line: "invalid value \"now\" for --at: expected \(Moment.expected)"),
    Mistake("room", "--since", "1h", line: #"room has no option "--since"; rollcall help room shows all"#),
  ]) func `a usage error says what to do`(mistake: Mistake) { mistake.check() }
}
