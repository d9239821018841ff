import Testing

@testable import RollcallCore
@testable import RollcallKit

/// Redaction in a state file.
@Suite(.timeLimit(.minutes(5))) struct `A stream that redacts` {
  private let conference: ConferenceSID
  private let call: CallSID

  init() throws {
    conference = try #require(ConferenceSID("CF-7"))
    call = try #require(CallSID("CA-canary"))
  }

  private static func choice(_ fields: Set<Redaction.Field> = [.callSID], _ key: String? = nil) -> RedactionChoice {
    RedactionChoice(fields, key: key.map { Array($0.utf8) })
  }

  private var joined: Event {
    var draft = Event(.participantJoined, at: Timestamp(milliseconds: 5), conference: conference)
    draft.call = call
    draft.participant = Array(#"{"call_sid":"CA-canary"}"#.utf8)
    return draft
  }

  private var room: RoomChanges {
    var changes = RoomChanges(head: SavedRoom.Head(conference: conference))
    changes.people = [SavedRoom.Person(callSID: call, record: joined.participant)]
    return changes
  }

  private func ids(_ store: SQLiteStore, after: UInt64 = 0) async throws -> [String] {
    try await store.events(after: after, limit: 99).map(\.id)
  }

  @Test func `continues after a restart with the same redaction`() async throws {
    for choice in [Self.choice(), Self.choice([.label, .callSID], "0123456789abcdef")] {
      try await StateFolder.use { folder in
        let store = try await folder.open(redaction: choice)
        try await store.commit(PollCommit([joined], changes: room))
        let next = try await folder.openImage(redaction: choice)
        #expect(next.redaction == store.redaction && next.redaction != nil)
        #expect(try await next.rooms().first?.people.map(\.callSID) == [call])
        try await next.commit(PollCommit([joined]))
        let events = try await next.events(after: 0, limit: 9)
        #expect(events.map(\.id) == [(7, 1), (8, 2)].map { EventStream.id(epoch: $0, sequence: $1) })
        #expect(events[0].call == events[1].call && events[0].call == next.redaction?.redacted(call))
      }
    }
  }

  @Test func `has a fixed redaction: other fields or another key are rejected without changing the file`() async throws
  {
    let own = "0123456789abcdef"
    let choices: [(first: RedactionChoice?, second: RedactionChoice?, reason: String)] = [
      (nil, Self.choice(), "its events redact nothing, but this run redacts call_sid"),
      (Self.choice(), nil, "its events redact call_sid, but this run redacts nothing"),
      (
        Self.choice(), Self.choice([.callSID, .label]),
        "its events redact call_sid, but this run redacts call_sid,label"
      ),
      (
        Self.choice([.label], own), Self.choice([.label], "0123456789abcdeF"),
        "its events redact label with another key"
      ),
      (Self.choice([.label], own), Self.choice([.label]), "its events redact label with another key"),
      (Self.choice([.label]), Self.choice([.label], own), "its events redact label with another key"),
    ]
    for (first, second, reason) in choices {
      try await StateFolder.use { folder in
        let store = try await folder.open(redaction: first)
        try await store.commit(PollCommit([joined], changes: room))
        await #expect(throws: StoreFailure(.otherRedaction, reason)) { try await folder.openImage(redaction: second) }
        let next = try await folder.openImage(redaction: first)
        #expect(try await next.rooms().first?.people.count == 1)
        let stored = try await ids(store)
        #expect(try await ids(next) == stored)
      }
    }
  }

  @Test func `may change its redaction until the first event, which fixes it`() async throws {
    for (first, second) in [(nil, Self.choice()), (Self.choice(), nil), (Self.choice(), Self.choice([.label]))] {
      try await StateFolder.use { folder in
        let store = try await folder.open(redaction: first)
        let next = try await folder.openImage(redaction: second)
        #expect(store.redaction?.fields == first?.fields && next.redaction?.fields == second?.fields)
        try await next.commit(PollCommit([joined]))
        let reader = try StateReader(path: folder.file("image"))
        #expect(try reader.redactedFields() == second?.fields ?? [] && reader.redaction() == next.redaction)
      }
    }
  }

  @Test func `leaves the account out of all messages about the file`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open(redaction: Self.choice([.accountSID]))
      try await store.commit(PollCommit([joined]))
      let source = Space(origin: "https://s.example", project: "P-1").eventSource
      let event = try await store.events(after: 0, limit: 1)[0]
      let fields = try StateReader(path: folder.file("state")).redactedFields()
      for (fields, isShown) in [(fields, false), ([], true)] {
        let body = MessageFormat.cloudEvents(source).redacted(fields).body(of: event)
        #expect((body.range(ofRun: Array("P-1".utf8)) != nil) == isShown)
        #expect((body.range(ofRun: Array("/Accounts/redacted/Conferences/CF-7".utf8)) != nil) == !isShown)
      }
    }
  }

  @Test func `keeps people in the file only as part of the room, until they have left`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open(redaction: Self.choice())
      try await store.commit(PollCommit([joined], changes: room))
      let canary = Array("canary".utf8)
      #expect(folder.everything().range(ofRun: canary) != nil)
      #expect(try await store.count("person") == 1)
      var gone = RoomChanges(head: SavedRoom.Head(conference: conference))
      gone.gone = [call]
      try await store.commit(PollCommit([], changes: gone))
      try await store.scrub()
      #expect(folder.everything().range(ofRun: canary) == nil)
      #expect(try await ids(store).count == 1)
    }
  }

  @Test func `does not copy a key from a key file`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open(redaction: Self.choice([.callSID], "canary-0123456789"))
      try await store.commit(PollCommit([joined]))
      #expect(folder.everything().range(ofRun: Array("canary-".utf8)) == nil)
    }
  }
}
