import Testing

@testable import RollcallCore
@testable import RollcallKit

/// What a state file makes of redaction.
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

  private var joined: EventDraft {
    var draft = EventDraft(.participantJoined, at: Timestamp(milliseconds: 5), conference: conference)
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

  @Test func `goes on after a restart that redacts the same`() async throws {
    for choice in [Self.choice(), Self.choice([.label, .callSID], "0123456789abcdef")] {
      try await StateFolder.use { folder in
        let store = try await folder.open(redaction: choice)
        try await store.commit(PollCommit([joined], changes: room))
        let next = try await folder.openImage(redaction: choice)
        #expect(!store.beginsAnew && !next.beginsAnew)
        #expect(next.redaction == store.redaction && next.redaction != nil)
        #expect(try await next.rooms().first?.people.map(\.callSID) == [call])
        try await next.commit(PollCommit([joined]))
        let events = try await next.events(after: 0, limit: 9)
        #expect(events.map(\.id) == (1...2).map { EventStream.id(epoch: 7, sequence: $0) })
        #expect(events[0].call == events[1].call && events[0].call == next.redaction?.shown(call))
      }
    }
  }

  @Test func `is another stream with other fields, another key, or where nothing was redacted before`() async throws {
    let choices: [(RedactionChoice?, RedactionChoice?)] = [
      (nil, Self.choice()), (Self.choice(), nil), (Self.choice(), Self.choice([.callSID, .label])),
      (Self.choice([.label], "0123456789abcdef"), Self.choice([.label], "0123456789abcdeF")),
      (Self.choice([.label], "0123456789abcdef"), Self.choice([.label])),
      (Self.choice([.label]), Self.choice([.label], "0123456789abcdef")),
    ]
    for (first, second) in choices {
      try await StateFolder.use { folder in
        let store = try await folder.open(redaction: first)
        _ = try await store.progress(of: "a")
        try await store.commit(PollCommit([joined, joined], changes: room))
        try await store.sync()
        let next = try await folder.openImage(redaction: second)
        #expect(next.beginsAnew)
        #expect(try await next.rooms().isEmpty)
        try await next.commit(PollCommit([joined]))
        let expected = [(7, 1), (7, 2), (8, 1)].map { EventStream.id(epoch: $0, sequence: UInt64($1)) }
        #expect(try await ids(next) == expected)
        for (place, id) in expected.enumerated() { #expect(next.id(of: UInt64(place + 1)) == id) }
        // What waits for a target goes out first, with the bytes that it has.
        #expect(try await next.progress(of: "a") == TargetProgress(first: 1))
        #expect(try await next.events(after: 0, limit: 2) == store.events(after: 0, limit: 2))
        let line = try JSONReader.read(Array(try await next.events(after: 2, limit: 1)[0].line.dropLast()))
        #expect(line["sequence"]?.asInteger == 1)
        let reader = try StateReader(path: folder.file("image"))
        #expect(try reader.place(ofID: expected[2], sequence: 1) == 3)
        #expect(try reader.place(ofID: expected[0], sequence: 1) == 1)
        #expect(try reader.place(ofID: EventStream.id(epoch: 9, sequence: 1), sequence: 1) == nil)
        #expect(try reader.redactedFields() == second?.fields ?? [])
      }
    }
  }

  @Test func `knows what was redacted before it, as far as it has the keys`() async throws {
    let (own, other) = ("0123456789abcdef", "fedcba9876543210")
    let histories: [(first: RedactionChoice?, second: RedactionChoice?, tokens: Int, areIncomplete: Bool)] = [
      (Self.choice(), nil, 1, false), (Self.choice(), Self.choice([.callSID, .label]), 2, false),
      (Self.choice([.callSID], own), Self.choice([.callSID, .label], own), 2, false),
      (Self.choice([.callSID], own), Self.choice([.callSID], other), 1, true),
      (Self.choice([.callSID], own), nil, 0, true), (Self.choice([.label], own), nil, 0, false),
    ]
    for (first, second, tokens, areIncomplete) in histories {
      try await StateFolder.use { folder in
        let store = try await folder.open(redaction: first)
        try await store.commit(PollCommit([joined]))
        let next = try await folder.openImage(redaction: second)
        #expect(next.redactions.redactions.count == tokens)
        #expect(next.redactions.areIncomplete == areIncomplete)
        let selection = EventSelection(calls: [call]).redacted(by: next.redactions)
        // Whoever asked for the call still gets what was told of it before.
        let told = try await next.events(after: 0, limit: 1)
        #expect(told.map(selection.accepts) == [!areIncomplete])
      }
    }
  }

  @Test func `leaves the account out of all that is told of the file, once a stream has`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open(redaction: Self.choice([.accountSID]))
      try await store.commit(PollCommit([joined]))
      let next = try await folder.openImage()
      #expect(store.redactions.hideAccount && next.redactions.hideAccount)
      #expect(try StateReader(path: folder.file("image")).redactions().hideAccount)
      let source = Space(origin: "https://s.example", project: "P-1").eventSource
      let event = try await next.events(after: 0, limit: 1)[0]
      for (known, isShown) in [(next.redactions, false), (KnownRedactions(), true)] {
        let body = MessageFormat.cloudEvents(source).redacted(by: known).body(of: event)
        #expect((body.range(ofRun: Array("P-1".utf8)) != nil) == isShown)
        #expect((body.range(ofRun: Array("/Accounts/redacted/Conferences/CF-7".utf8)) != nil) == !isShown)
      }
    }
  }

  @Test func `that told nothing yet is not another one`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      let next = try await folder.openImage(redaction: Self.choice())
      #expect(store.redaction == nil && next.redaction != nil && !next.beginsAnew)
      try await next.commit(PollCommit([joined]))
      #expect(try await ids(next) == [EventStream.id(epoch: 7, sequence: 1)])
      #expect(try await next.count("past_epoch") == 0)
    }
  }

  @Test func `keeps nothing of people in the file but the room, and that until they have left`() async throws {
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

  @Test func `has no key in the file that came from another one`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open(redaction: Self.choice([.callSID], "canary-0123456789"))
      try await store.commit(PollCommit([joined]))
      #expect(folder.everything().range(ofRun: Array("canary-".utf8)) == nil)
    }
  }
}
