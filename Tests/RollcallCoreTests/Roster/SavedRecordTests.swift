import Testing

@testable import RollcallCore

@Suite struct `A record that was saved` {
  private static let long = String(repeating: "é", count: 3000)

  @Test(arguments: [
    "",
    #","label":"Ann""#,
    #","muted":true,"hold":null,"coaching":true,"call_sid_to_coach":"b""#,
    #","coaching":false,"call_sid_to_coach":"b""#,
    #","status":"complete\u0064","label":"\u202e\u0000\ud800 \"x\\""#,
    #","status":7,"label":["a", {"b": 1.50}],"date_created":"never","date_updated":null"#,
    #","date_created":"Mon, 3 Sept 2026 01:02:03 +0000","date_updated":"Tue, 4 Sep 2026 01:02:03 -0130""#,
    #","extra":{"deep":[1,2,{"x":"\u00e9"}]},"Muted":true"#,
    #","label":"\#(String(repeating: "x", count: 127))é""#,
    #","status":"\#(String(repeating: "é", count: 90))","label":"\#(String(repeating: "😀", count: 60))""#,
    #","label":"\#(long)","status":"\#(long)","account_sid":"\#(long)""#,
    #","extra":"\#(long)","truncated":false"#,
    // Escaped, all of these are longer than the texts in a truncated record.
    #","extra":"\#(long)","label":"\#(String(repeating: #"\u0416"#, count: 60))""#,
    #","extra":"\#(long)","status":"\#(String(repeating: #"\u0061"#, count: 100))""#,
    #","extra":"\#(long)","coaching":true,"call_sid_to_coach":"\#(String(repeating: #"\u002d"#, count: 90))""#,
  ])
  func `is read as the original row`(more: String) throws {
    let conference = try #require(ConferenceSID("CF"))
    var reader = PageReader()
    let list = #"{"participants":[ {"call_sid" : "a", "conference_sid":"CF"\#(more)} ]}"#
    let row = try reader.read(PaddedBytes(Array(list.utf8)), conference: conference).participant(0)
    #expect(ParticipantRow(record: row.record, in: conference) == row)
  }

  @Test func `keeps its sids complete however they were escaped`() throws {
    let sid = String(repeating: #"\u0061"#, count: SIDSyntax.maximumLength)
    let conference = try #require(ConferenceSID(String(repeating: "a", count: SIDSyntax.maximumLength)))
    var reader = PageReader()
    let list = #"{"participants":[{"call_sid":"\#(sid)","conference_sid":"\#(sid)","extra":"\#(Self.long)"}]}"#
    let row = try reader.read(PaddedBytes(Array(list.utf8)), conference: conference).participant(0)
    #expect(try JSONReader.read(row.record)["truncated"] == .bool(true))
    #expect(ParticipantRow(record: row.record, in: conference) == row)
  }

  @Test(arguments: [
    "", "{}", "null", #"{"call_sid":"a","conference_sid":"other"}"#, #"{"call_sid":"a"},{"call_sid":"b"}"#,
  ])
  func `is rejected if it is not a row of the conference`(record: String) throws {
    #expect(ParticipantRow(record: Array(record.utf8), in: try #require(ConferenceSID("CF"))) == nil)
  }

  @Test func `does not restore a room if it belongs to another participant`() throws {
    var saved = SavedRoom(head: SavedRoom.Head(conference: try #require(ConferenceSID("CF"))))
    let record = Array(#"{"call_sid":"a","conference_sid":"CF"}"#.utf8)
    saved.people = [SavedRoom.Person(callSID: try #require(CallSID("a")), record: record)]
    #expect(Room(saved) != nil)
    saved.people = [SavedRoom.Person(callSID: try #require(CallSID("b")), record: record)]
    #expect(Room(saved) == nil)
  }
}
