import RollcallCore
import RollcallTestKit
import Testing

/// Every recorded list of participants, saved twice: as it is, and changed.
@Suite(.enabled(if: SharedData.isPresent, "recorded replies are not beside the package"))
struct `A recorded list` {
  /// The list whose rows have no `call_sid`.
  private static let malformed = "restcomm-participants-list.json"
  static let lists = RecordedReply.all(.participants).filter { $0.name != malformed }

  private static func events(_ before: [UInt8], _ after: [UInt8]) throws -> [String] {
    let events = try SavedListDifference.events(
      from: try SavedList(before), before, to: try SavedList(after), after)
    return try events.map { PlainDifference.summary(try JSONReader.read($0.line)) }
  }

  /// Returns a list of these rows, for the conference that they name.
  private static func bytes(_ rows: [JSONValue], of conference: String) -> [UInt8] {
    let uri = "/2010-04-01/Accounts/a/Conferences/\(conference)/Participants.json"
    let list = JSONValue.object([("uri", .string(uri)), ("participants", .array(rows))])
    return Array(list.text.utf8)
  }

  private static func conference(of list: RecordedReply) -> String {
    list.rows.first?["conference_sid"]?.asText ?? "CF1"
  }

  @Test func `all recordings are present`() {
    #expect(RecordedReply.all.count == 127 && Self.lists.count == 27)
    let counts = RecordedReply.Kind.allCases.map { RecordedReply.all($0).count }
    #expect(counts == [28, 26, 23, 15, 10, 6, 1, 17, 1])
  }

  @Test(arguments: lists) func `does not differ from itself`(list: RecordedReply) throws {
    #expect(try Self.events(list.bytes, list.bytes).isEmpty)
    let saved = try SavedList(list.bytes)
    #expect(saved.lacksPage == (list.json["next_page_uri"]?.asText?.isEmpty == false))
  }

  @Test func `without calls, or of another API, is rejected`() throws {
    for name in [Self.malformed, "telnyx-native-participants-list.json"] {
      let reply = try #require(RecordedReply.named(name))
      #expect(throws: SavedList.Flaw.self) { try SavedList(reply.bytes) }
    }
    for reply in RecordedReply.all where ![.participants, .foreign].contains(reply.kind) {
      #expect(throws: SavedList.Flaw.self) { try SavedList(reply.bytes) }
    }
  }

  @Test(arguments: lists) func `differs from a changed list as an independent model says`(list: RecordedReply) throws {
    let conference = Self.conference(of: list)
    let before = Self.bytes(list.rows, of: conference)
    var changed = Self.changes(of: list.rows, in: conference)
    var random = SplitMix64(seed: UInt64(list.bytes.count))
    for _ in 0..<40 {
      // Several changes, one after another.
      var rows = list.rows
      for _ in 0..<4 { rows = Self.changes(of: rows, in: conference).randomElement(using: &random) ?? rows }
      changed.append(rows)
    }
    #expect(changed.count > 40)
    // Unless all cases are run, every twelfth, with another start for each list.
    let step = Seeds.areAll ? 1 : 12
    for rows in stride(from: list.bytes.count % step, to: changed.count, by: step).map({ changed[$0] }) {
      let after = Self.bytes(rows, of: conference)
      #expect(
        try Self.events(before, after) == PlainDifference(from: list.rows, to: rows).events, "\(rows.map(\.text))")
      #expect(
        try Self.events(after, before) == PlainDifference(from: rows, to: list.rows).events, "\(rows.map(\.text))")
    }
  }

  /// The fields of a row that are changed one at a time, and the values that each is given.
  private static let fields: [(String, [JSONValue?])] = [
    ("muted", [.bool(true), .bool(false), .null, nil]), ("hold", [.bool(true), .bool(false), nil]),
    ("coaching", [.bool(true), .bool(false), nil]),
    ("call_sid_to_coach", [.string("CA-other"), .string(""), .null, .number(text: "7"), nil]),
    ("start_conference_on_enter", [.bool(true), .bool(false)]), ("end_conference_on_exit", [.bool(true), .null]),
    (
      "status",
      ["in-progress", "connected", "completed", "complete", "ringing", "queued", "failed", "canceled", "new", ""].map {
        .string($0)
      } + [.null, .number(text: "7"), .array([]), nil]
    ),
    ("label", [.string("Ada"), .string(""), .bool(true), nil]),
    (
      "date_created",
      [
        .string("Mon, 3 Sept 2035 01:02:03 +0000"), .string("Fri, 01 Jan 1999 00:00:00 +0000"),
        .string("2035-09-03T01:02:03Z"), .string("soon"), .number(text: "1"), nil,
      ]
    ),
    ("date_updated", [.string("Tue, 04 Sep 2035 01:02:03 +0000"), .string("never"), .null]),
    ("account_sid", [.null, .number(text: "1")]), ("uri", [.bool(true), nil]), ("unheard_of", [.array([.null])]),
  ]

  /// Returns every list that one change can produce.
  private static func changes(of rows: [JSONValue], in conference: String) -> [[JSONValue]] {
    var changed: [[JSONValue]] = []
    let newcomer = JSONValue.object([("call_sid", .string("CA-new")), ("conference_sid", .string(conference))])
    changed.append(rows + [newcomer])
    for status in ["connected", "completed"] {
      let dated = newcomer.with("date_created", .string("Thu, 01 Jan 2026 10:00:00 +0000"))
      changed.append([dated.with("call_sid", .string("CA-\(status)")).with("status", .string(status))] + rows)
      changed.append(rows.map { $0.with("status", .string(status)) })
    }
    changed.append([])
    changed.append(rows.map { $0.with("status", nil) })
    for index in rows.indices {
      var others = rows
      others.remove(at: index)
      changed.append(others)
      for (key, values) in fields {
        for value in values {
          var rows = rows
          rows[index] = rows[index].with(key, value)
          if key == "coaching", value == .bool(true) {
            changed.append(rows)
            rows[index] = rows[index].with("call_sid_to_coach", .string("CA-coached"))
          }
          changed.append(rows)
        }
      }
    }
    // No participant may be in a list twice: merging pages is tested elsewhere.
    return changed.filter { rows in Set(rows.map { $0["call_sid"]?.text }).count == rows.count }
  }
}
