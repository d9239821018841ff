import RollcallCore
import RollcallTestKit
import Testing

/// The events that `rollcall diff` derives from two saved lists.
@Suite struct `Two saved lists` {
  private static func events(_ before: [FakePerson], _ after: [FakePerson]) throws -> [StoredEvent] {
    let first = FakePerson.page(before, conference: "CF1").bytes
    let second = FakePerson.page(after, conference: "CF1").bytes
    return try SavedListDifference.events(
      from: try SavedList(Array(first)), Array(first), to: try SavedList(Array(second)), Array(second))
  }

  private static func json(_ event: StoredEvent) throws -> JSONValue {
    try JSONReader.read(Array(event.line.dropLast()))
  }

  @Test func `give the changes in the order of one poll`() throws {
    let before = [FakePerson("d", created: 1), FakePerson("b", created: 2), FakePerson("c", created: 3)]
    var after = [before[1], FakePerson("z", created: 9), FakePerson("y", created: 8), before[2]]
    (after[0].muted, after[0].updated) = (true, 1)
    (after[3].created, after[3].updated) = (20, 20)
    let events = try Self.events(before, after)
    let told = try events.map { "\($0.type.rawValue) \(try Self.json($0)["call_sid"]?.asText ?? "")" }
    #expect(
      told == [
        "participant.left c", "participant.left d", "participant.joined y", "participant.joined z",
        "participant.joined c", "participant.muted b",
      ])
    for event in events {
      let json = try Self.json(event)
      #expect(json["timestamp"]?.asText == "2026-11-23T00:00:20.000Z")
      #expect(json["occurred_after"]?.asText == "2026-11-23T00:00:03.000Z")
    }
    #expect(try Self.json(events[0])["confirmed_by"]?.asText == "rejoined")
    #expect(try Self.json(events[1])["confirmed_by"]?.asText == "list_only")
    #expect(try Self.json(events[1])["lasted_ms"] == .null)
  }

  @Test func `give ids derived from the digest of both, so that equal bytes give equal ids`() throws {
    let before = [FakePerson("a")]
    let bytes = FakePerson.page(before, conference: "CF1").bytes
    let after = FakePerson.page([], conference: "CF1").bytes
    let events = try Self.events(before, [])
    #expect(events == (try Self.events(before, [])))
    let digest = SHA256.hash(Array(bytes) + [0x0a] + Array(after))
    #expect(events.map(\.id) == ["evt_\(Hex.encode(Array(digest.prefix(8))))_000000000001"])
  }

  @Test func `without a date give the time 1970, and equal lists give no event`() throws {
    let first = Array(#"{"participants":[{"call_sid":"a","conference_sid":"CF1"}]}"#.utf8)
    let second = Array(#"{"participants":[],"uri":"/Conferences/CF1/Participants"}"#.utf8)
    let events = try SavedListDifference.events(
      from: try SavedList(first), first, to: try SavedList(second), second)
    let json = try Self.json(try #require(events.first))
    #expect(json["timestamp"]?.asText == "1970-01-01T00:00:00.000Z")
    #expect(json["occurred_after"]?.asText == "1970-01-01T00:00:00.000Z")
    #expect(try SavedListDifference.events(from: try SavedList(first), first, to: try SavedList(first), first).isEmpty)
  }

  @Test func `of different conferences are rejected`() throws {
    let first = Array(FakePerson.page([FakePerson("a")], conference: "CF1").bytes)
    let second = Array(FakePerson.page([FakePerson("a")], conference: "CF2").bytes)
    #expect(throws: SavedList.Flaw.self) {
      try SavedListDifference.events(from: try SavedList(first), first, to: try SavedList(second), second)
    }
  }
}
