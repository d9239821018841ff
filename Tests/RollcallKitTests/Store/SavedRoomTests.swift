import Testing

@testable import RollcallCore
@testable import RollcallKit

/// How long a state file keeps facts about people.
@Suite(.timeLimit(.minutes(5))) struct `The room of a state file` {
  private let conference: ConferenceSID

  init() throws { conference = try #require(ConferenceSID("CF")) }

  private var draft: Event {
    Event(.watchStopped, at: Timestamp(milliseconds: 0), conference: conference)
  }

  private func person(_ call: String) throws -> SavedRoom.Person {
    let record = Array("{\"call_sid\":\"\(call)\",\"label\":\"\u{e9}\"}".utf8)
    return SavedRoom.Person(callSID: try #require(CallSID(call)), record: record)
  }

  private func changes(_ people: [String]) throws -> RoomChanges {
    var changes = RoomChanges(head: SavedRoom.Head(conference: conference))
    changes.head.lastScanEnd = Timestamp(milliseconds: 0)
    changes.people = try people.map(person)
    return changes
  }

  @Test func `keeps only the fact that a conference has ended`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      var changes = try changes(["x"])
      let call = try #require(CallSID("x"))
      changes.doubts = [SavedRoom.Doubt(.absent, call, scans: 1, since: Timestamp(milliseconds: 0))]
      changes.endedStays = [
        SavedRoom.EndedStay(SavedRoom.StayID(callSID: call, dateCreated: 1), endedAt: Timestamp(milliseconds: 0))
      ]
      changes.raisedAlerts = [SavedRoom.RaisedAlert(Alert("hold:2m", of: call), since: Timestamp(milliseconds: 0))]
      try await store.commit(PollCommit([draft], changes: changes))
      var end = RoomChanges(head: changes.head)
      end.head.isOver = true
      try await store.commit(PollCommit([draft], changes: end))
      for table in ["person", "doubt", "ended_stay", "alert"] { #expect(try await store.count(table) == 0) }
      #expect(try await store.rooms().map(\.head) == [end.head])
    }
  }

  @Test func `keeps an alert until it is resolved`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      var changes = try changes(["x", "y"])
      let alerts = [Alert("empty:1m"), Alert("hold:2m", of: CallSID("x")), Alert("hold:2m", of: CallSID("y"))]
      changes.raisedAlerts = alerts.enumerated().map {
        SavedRoom.RaisedAlert($1, since: Timestamp(milliseconds: Int64($0)))
      }
      try await store.commit(PollCommit([draft], changes: changes))
      #expect(try await store.rooms().first?.raisedAlerts == changes.raisedAlerts)
      var later = try self.changes([])
      later.resolvedAlerts = [alerts[0], alerts[2]]
      try await store.commit(PollCommit([draft], changes: later))
      let next = try await folder.openImage()
      #expect(try await next.rooms().first?.raisedAlerts == [changes.raisedAlerts[1]])
      let reader = try StateReader(path: folder.file("state"))
      #expect(try reader.rooms().first?.raisedAlerts == [changes.raisedAlerts[1]])
    }
  }

  @Test func `keeps call details while people are in the room`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      var changes = try changes(["x", "y", "z"])
      let calls = [
        SavedRoom.Call(
          callSID: changes.people[0].callSID, details: CallDetails(from: "\"\u{85}", to: nil, direction: "")),
        SavedRoom.Call(callSID: changes.people[1].callSID, details: nil),
      ]
      changes.calls = calls
      try await store.commit(PollCommit([draft], changes: changes))
      #expect(try await store.rooms().first?.calls == calls)
      // A later change of the participant keeps the call details.
      changes.calls = []
      changes.people[0].heldAt = Timestamp(milliseconds: 5)
      changes.people.removeLast(2)
      changes.gone = [try #require(CallSID("y"))]
      try await store.commit(PollCommit([draft], changes: changes))
      let next = try await folder.openImage()
      #expect(try await next.rooms().first?.calls == [calls[0]])
      #expect(try await next.rooms().first?.people.count == 2)
      // Unreadable details count as unknown.
      try await store.spoilCalls()
      #expect(try await store.rooms().first?.calls == [])
    }
  }
}
