import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite struct `Redaction of events` {
  private static let key = Array("0123456789abcdef".utf8)
  private static let everything = Redaction(Set(Redaction.Field.allCases), key: key)

  private static func record(_ call: String, uri: String, more: String = "") -> String {
    #"{"account_sid":"AC-secret","call_sid":"\#(call)","call_sid_to_coach":"coached-1","coaching":true,"#
      + #""conference_sid":"C-1","hold":false,"label":"Ada \u0026 Co","muted":true,"status":"connected","uri":"\#(uri)"\#(more)}"#
  }

  private static func draft(_ record: String, call: String = "CA-7") -> Event {
    var draft = Event(
      .participantCoachingStarted, at: Timestamp(milliseconds: 0), conference: ConferenceSID("C-1"))
    draft.call = CallSID(call)
    draft.friendlyName = "Board room"
    draft.callSIDToCoach = "coached-1"
    draft.changes = [
      FieldChange("coaching", false, true), FieldChange("call_sid_to_coach", nil, "coached-1"),
      FieldChange("label", "Ada & Co", nil),
    ]
    draft.participant = Array(record.utf8)
    return draft
  }

  private static func line(_ redaction: Redaction, _ draft: Event) -> String {
    var stream = EventStream(epoch: 1, redaction: redaction)
    return String(decoding: stream.freeze(draft).line, as: UTF8.self)
  }

  @Test(
    arguments: [
      "/Accounts/AC-secret/Conferences/C-1/Participants/CA-7", "/Accounts/AC-secret/Participants/CA-7.json",
      "https://x.example/AC-secret/CA%2D7", "/AC-secret/CA-7?call=CA-7", "nothing of it", "",
      "/Accounts/AC-secret/Participants/xCA-7x", "/AC%2Dsecret/Participants/CA-7",
      "/AC-secret/Participants/CA-7/coach/coached-1", "/AC-secret/ca-7/CA-7", "/ac-SECRET/AC-secret/CA-7",
      "/AC-secret/coached-1/CA-7",
    ])
  func `leaves no redacted value anywhere in an event`(uri: String) throws {
    let hidden = ["AC-secret", "AC%2Dsecret", "CA-7", "CA%2D7", "coached-1", "Ada", "Board room", "surprise"]
    let record = Self.record("CA-7", uri: uri, more: #","caller_name":"surprise","sid":"CA-7","x":{"call_sid":"CA-7"}"#)
    let line = Self.line(Self.everything, Self.draft(record))
    let lowered = line.lowercased()
    for value in hidden { #expect(!lowered.contains(bytesOf: value.lowercased()), "\(value) in \(line)") }
    let json = try JSONReader.read(Array(line.utf8.dropLast()))
    #expect(json["participant"]?["status"]?.asText == "connected")
    #expect(json["participant"]?["conference_sid"]?.asText == "C-1")
  }

  @Test func `gives a value the same token in every place and every event of the stream`() throws {
    let uri = "/Accounts/AC-secret/Conferences/C-1/Participants/CA%3a7.json"
    let line = Self.line(Self.everything, Self.draft(Self.record("CA:7", uri: uri), call: "CA:7"))
    let json = try JSONReader.read(Array(line.utf8.dropLast()))
    let call = try #require(json["call_sid"]?.asText)
    #expect(RedactedText.isOne(call))
    #expect(json["participant"]?["call_sid"]?.asText == call)
    let account = try #require(json["participant"]?["account_sid"]?.asText)
    #expect(json["participant"]?["uri"]?.asText == "/Accounts/\(account)/Conferences/C-1/Participants/\(call).json")
    let coached = try #require(json["call_sid_to_coach"]?.asText)
    #expect(json["changes"]?["call_sid_to_coach"]?["to"]?.asText == coached)
    #expect(json["participant"]?["call_sid_to_coach"]?.asText == coached)
    // The coached participant has the same token in their own events.
    #expect(Self.everything.redacted(try #require(CallSID("coached-1"))).text == coached)
    #expect(json["changes"]?["label"]?["from"] == json["participant"]?["label"])
    #expect(json["changes"]?["label"]?["to"] == .null)
    #expect(Set([call, account, coached]).count == 3)
  }

  @Test func `replaces the call that ended the conference with its token, and keeps the reason`() throws {
    var draft = Event(.conferenceEnded, at: Timestamp(milliseconds: 0), conference: ConferenceSID("C-1"))
    draft.endedBy = ConferenceEnding(reason: "last-participant-left", call: "CA-7")
    draft.friendlyName = String(repeating: "n", count: 600)
    let json = try JSONReader.read(Array(Self.line(Self.everything, draft).utf8.dropLast()))
    #expect(json["ended_by"]?["call_sid"]?.asText == Self.everything.redacted(try #require(CallSID("CA-7"))).text)
    #expect(json["ended_by"]?["reason"]?.asText == "last-participant-left")
    // A name has the token of its form in events, which is cut.
    let cut = Self.everything.token(String(repeating: "n", count: 512), .name)
    #expect(json["friendly_name"]?.asText == cut)
    #expect(Self.everything.token(String(repeating: "n", count: 511), .name) != cut)
  }

  @Test func `gives a cut text the same token in the record and in changes`() throws {
    let label = String(repeating: "é", count: 300)
    var draft = Self.draft(#"{"call_sid":"CA-7","label":"\#(label)"}"#)
    draft.changes = [FieldChange("label", nil, ParticipantState.shortened(label))]
    let json = try JSONReader.read(Array(Self.line(Self.everything, draft).utf8.dropLast()))
    #expect(json["changes"]?["label"]?["to"] == json["participant"]?["label"])
  }

  @Test func `keeps other values, and empty values empty`() throws {
    let labels = Redaction([.label], key: Self.key)
    let record = Self.record("CA-7", uri: "/Participants/CA-7")
    let line = Self.line(labels, Self.draft(record))
    for value in ["CA-7", "AC-secret", "coached-1", "/Participants/CA-7", "C-1"] {
      #expect(line.contains(bytesOf: value))
    }
    #expect(!line.contains(bytesOf: "Ada"))
    for uri in ["/Participants/Ada & Co/CA-7", "/ADA & CO/CA-7", "/x%41da/CA-7"] {
      let json = try JSONReader.read(
        Array(Self.line(labels, Self.draft(Self.record("CA-7", uri: uri))).utf8.dropLast()))
      #expect(json["participant"]?["uri"]?.asText.map(RedactedText.isOne) == true, "\(uri)")
    }
    var draft = Self.draft(#"{"call_sid":"CA-7","call_sid_to_coach":"","label":null,"muted":null,"hold":7}"#)
    draft.changes = []
    let json = try JSONReader.read(Array(Self.line(Self.everything, draft).utf8.dropLast()))
    #expect(json["participant"]?["call_sid_to_coach"] == .string(""))
    for key in ["label", "muted", "hold"] { #expect(json["participant"]?[key] == .null) }
  }

  @Test func `a record that was cut is still marked`() throws {
    let json = try JSONReader.read(
      RedactedRecord(Self.everything, of: try #require(CallSID("a"))).bytes(
        of: Array(#"{"call_sid":"a","truncated":true}"#.utf8)))
    #expect(json["truncated"] == .bool(true))
  }

  @Test func `has another fingerprint for other fields or another key, without revealing the key`() {
    let same = Redaction([.label, .callSID], key: Self.key)
    #expect(same == Redaction([.callSID, .label], key: Self.key))
    #expect(same != Redaction([.callSID], key: Self.key))
    #expect(same != Redaction([.callSID, .label], key: Self.key.reversed()))
    #expect(same.fingerprint.hasPrefix("call_sid,label "))
    #expect(Redaction.fields(ofFingerprint: same.fingerprint) == [.callSID, .label])
    #expect(Redaction.fields(ofFingerprint: "").isEmpty)
    #expect(!same.fingerprint.contains(bytesOf: "0123"))
  }

  @Test func `a token depends on the kind, the value and the key alone`() {
    let other = Redaction(Set(Redaction.Field.allCases), key: Self.key.reversed())
    let tokens = [
      Self.everything.token("a", .call), Self.everything.token("a", .label), Self.everything.token("b", .call),
      other.token("a", .call),
    ]
    #expect(Set(tokens).count == tokens.count)
    #expect(tokens.allSatisfy(RedactedText.isOne))
    #expect(Redaction([.callSID], key: Self.key).token("a", .call) == tokens[0])
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `removes every trace of redacted values from random records`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let letters = Array("abcXYZ019:_.-")
    func sid() -> String {
      String((0..<Int.random(in: 6...40, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" })
    }
    let (call, account) = ("CA" + sid(), sid())
    let valid = try #require(CallSID(call))
    let places = [call, account, "\(call).json", "x\(call)", "Participants", call.uppercased(), ""]
    let uri = (0..<6).map { _ in places.randomElement(using: &random) ?? "" }.joined(separator: "/")
    let record = #"{"account_sid":"\#(account)","call_sid":"\#(call)","uri":"\#(uri)","z":["\#(call)","\#(account)"]}"#
    let written = RedactedRecord(Self.everything, of: valid).bytes(of: Array(record.utf8))
    let text = String(decoding: written, as: UTF8.self)
    #expect(!text.contains(bytesOf: call) && !text.contains(bytesOf: account), "\(record) became \(text)")
    _ = try JSONReader.read(written)
  }

  @Test func `a number has the same token as caller and as called party`() throws {
    let details = CallDetails(from: "+15550100", to: "+15550100", direction: "inbound")
    let shown = Self.everything.redacted(details)
    #expect(shown.from == shown.to && shown.from.map(RedactedText.isOne) == true)
    #expect(shown.direction.map(RedactedText.isOne) == true)
    let one = Redaction([.to], key: Self.key).redacted(details)
    #expect(one.from == "+15550100" && one.to == shown.to && one.direction == "inbound")
    #expect(Self.everything.redacted(CallDetails(from: nil, to: "", direction: nil)).to == "")
  }

  @Test func `shows an arrival's call details only as tokens`() {
    var draft = Self.draft(Self.record("CA-7", uri: ""))
    draft.callDetails = CallDetails(from: "+15550100", to: "+15550199", direction: "inbound")
    let line = Self.line(Redaction([.from, .to], key: Self.key), draft)
    #expect(!line.contains(bytesOf: "+155501") && line.contains(bytesOf: #""direction":"inbound""#))
    #expect(Self.line(Redaction([.label], key: Self.key), draft).contains(bytesOf: "+15550100"))
  }

  @Test func `finds a participant by sid or by token among redacted events`() throws {
    var stream = EventStream(epoch: 1, redaction: Self.everything)
    let event = stream.freeze(Self.draft(Self.record("CA-7", uri: "")))
    let coached = try #require(CallSID("coached-1"))
    for (name, isWanted) in [("CA-7", true), ("coached-1", true), ("CA-8", false)] {
      let call = try #require(CallSID(name))
      for named in [call, Self.everything.redacted(call)] {
        let selection = EventFilter(calls: [named])
        #expect(selection.redacted(by: Self.everything).accepts(event) == isWanted)
      }
    }
    #expect(!EventFilter(calls: [coached]).redacted(by: nil).accepts(event))
    #expect(EventFilter.all.redacted(by: Self.everything) == .all)
  }
}
