import RollcallCore
import RollcallTestKit
import Testing

struct `A listed participant` {
  private func participant(_ row: String) throws -> ParticipantRow {
    try `Reading a page of participants`.read(#"{"participants":[\#(row)]}"#).participant(0)
  }

  @Test func `has the state that rollcall tracks`() throws {
    let row = #"""
      { "call_sid":"CA1", "muted":true, "hold":null, "coaching":true, "call_sid_to_coach":"CA\u0032",
        "status":"completed", "start_conference_on_enter":true, "end_conference_on_exit":false, "label":"a\ud800b",
        "date_created":"Mon, 23 Nov 2026 09:43:00 +0000", "date_updated":"soon" }
      """#
    let listed = try participant(row)
    let state = ParticipantState(
      isMuted: true, isCoaching: true, callSIDToCoach: "CA2", status: "completed", startsConferenceOnEnter: true,
      label: "a\u{fffd}b")
    #expect(listed.state == state)
    #expect(listed.callSID.text == "CA1")
    #expect(listed.presence == .completed)
    #expect(listed.dateCreated == 1_795_426_980)
    #expect(listed.dateUpdated == nil)
  }

  @Test(arguments: [
    #"{"call_sid":"CA1","coaching":false,"call_sid_to_coach":"CA2"}"#,
    #"{"call_sid":"CA1","coaching":true,"call_sid_to_coach":""}"#,
    #"{"call_sid":"CA1","coaching":true,"call_sid_to_coach":null}"#,
    #"{"call_sid":"CA1","coaching":true}"#,
  ])
  func `has a coached call only while coaching`(row: String) throws {
    #expect(try participant(row).state.callSIDToCoach == nil)
  }

  @Test(arguments: [
    #"{"call_sid":"CA1","coaching":true,"coaching_call_sid":"v3:2"}"#,
    #"{"call_sid":"CA1","coaching_call_sid":"v3:\u0032","coaching":true,"coaching_call_sid_legacy":"x"}"#,
    #"{"call_sid":"CA1","coaching":true,"coaching_call_sid":"other","call_sid_to_coach":"v3:2"}"#,
    #"{"call_sid":"CA1","coaching":true,"call_sid_to_coach":"v3:2","coaching_call_sid":"o\u0074her"}"#,
  ])
  func `may name the coached call by two keys, of which the usual one takes precedence`(row: String) throws {
    let listed = try participant(row)
    #expect(listed.state.callSIDToCoach == "v3:2")
    let conference = try #require(ConferenceSID(PageMaker.conference))
    #expect(ParticipantRow(record: listed.record, in: conference)?.state == listed.state)
    let shortest = row.replacing(#"\u0032"#, with: "2").replacing(#"\u0074"#, with: "t")
    #expect(String(decoding: listed.record, as: UTF8.self) == shortest)
  }

  @Test(arguments: [
    #""coaching_call_sid":null"#, #""coaching_call_sid":"""#, #""coaching_call_sid":7"#, #""coaching_call_sid":true"#,
    #""coaching_call_sid":{"a":[]}"#, #""call_sid_to_coach":null,"coaching_call_sid":"x""#,
  ])
  func `ignores text fields that are not strings`(member: String) throws {
    #expect(try participant(#"{"call_sid":"CA1","coaching":true,\#(member)}"#).state.callSIDToCoach == nil)
  }

  @Test(arguments: [
    (#""coaching_call_sid":"v3:2""#, #""coaching_call_sid":"v3:2","truncated":true}"#),
    (
      #""coaching_call_sid":"v3:3","call_sid_to_coach":"v3:2""#,
      #""call_sid_to_coach":"v3:2","coaching":true,"truncated":true}"#
    ),
  ])
  func `keeps the provider's key in a truncated record`(members: String, end: String) throws {
    let long = String(repeating: "x", count: 3000)
    let row = #"{"call_sid":"CA1","coaching":true,\#(members),"x":"\#(long)"}"#
    let listed = try participant(row)
    #expect(listed.state.callSIDToCoach == "v3:2")
    #expect(String(decoding: listed.record, as: UTF8.self).hasSuffix(end))
  }

  @Test(
    arguments: [
      ("queued", .notYet), ("initiated", .notYet), ("connecting", .notYet), ("ringing", .notYet),
      ("completed", .completed), ("complete", .completed), ("failed", .failed), ("busy", .failed),
      ("no-answer", .failed), ("canceled", .failed), ("connected", .inRoom), ("in-progress", .inRoom),
      ("", .inRoom), ("Completed", .inRoom), (nil, .inRoom),
    ] as [(String?, Presence)])
  func `is in the room unless the status says otherwise`(status: String?, expected: Presence) {
    #expect(Presence(status: status) == expected)
  }

  @Test(arguments: [
    (String(repeating: "a", count: 128), 128), (String(repeating: "a", count: 129), 128),
    (String(repeating: "\u{1}", count: 22), 21), (String(repeating: "\u{1}", count: 21), 21),
    (String(repeating: "é", count: 65), 64), ("a" + String(repeating: "é", count: 64), 64),
    (String(repeating: "\u{1d11e}", count: 33), 32), (String(repeating: "\"", count: 65), 64),
  ])
  func `has its texts cut only between characters`(text: String, characters: Int) {
    let state = ParticipantState(label: text)
    #expect(state.label?.unicodeScalars.elementsEqual(text.unicodeScalars.prefix(characters)) == true)
    #expect(ParticipantState(label: state.label) == state)
  }

  @Test func `has a long record reduced to the known members`() throws {
    let long = String(repeating: #"\u00e9\ud83d\ude00"#, count: 200)
    let row = #"""
      {"x":"\#(long)","status":"\#(long)","call_sid":"CA1","muted":true,"hold":null,"uri":7,"label":"\#(long)"}
      """#
    let record = try participant(row).record
    // In our form 42 times six bytes and an é make 254; another pair would exceed 256.
    let cut = String(repeating: "é😀", count: 42) + "é"
    let expected = #"""
      {"call_sid":"CA1","hold":null,"muted":true,"status":"\#(cut)","uri":null,"label":"\#(cut)","truncated":true}
      """#
    #expect(String(decoding: record, as: UTF8.self) == expected)
  }

  @Test(arguments: [(-1, false), (0, false), (1, true)])
  func `keeps a record of up to two kibibytes, not counting white space`(excess: Int, truncated: Bool) throws {
    let frame = #"{"call_sid":"CA1","x":""}"#.utf8.count
    let filler = String(repeating: "x", count: 2048 - frame + excess)
    let spaces = String(repeating: " ", count: 3000)
    let record = try participant(#"{"call_sid":"CA1",\#(spaces)"x":"\#(filler)"}"#).record
    #expect((try JSONReader.read(record)["truncated"]?.asBool == true) == truncated)
    #expect(truncated || record.count == 2048 + excess)
  }

  @Test func `never has a record that exceeds the length of a line`() throws {
    let names = ["account_sid", "call_sid_to_coach", "date_created", "date_updated", "status", "uri", "label"]
    let long = String(repeating: "\u{85}", count: 500)
    let members = names.map { #""\#($0)":"\#(long)""# } + [#""call_sid":"\#(String(repeating: "a", count: 128))""#]
    let record = try participant("{\(members.joined(separator: ","))}").record
    #expect(record.count < 2700)
    #expect(try JSONReader.read(record)["uri"]?.asText?.unicodeScalars.count == 42)
  }
}
