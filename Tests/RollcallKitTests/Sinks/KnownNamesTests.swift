import Testing

@testable import RollcallCore
@testable import RollcallKit

@Suite struct `Known names of conferences and people` {
  private static func draft(_ type: EventType, _ sid: String, name: String?) -> Event {
    var draft = Event(type, at: Timestamp(milliseconds: 1_795_442_400_000), conference: ConferenceSID(sid))
    draft.friendlyName = name
    draft.participant = Array("{}".utf8)
    return draft
  }

  private static func sid(_ text: String) throws -> ConferenceSID { try #require(ConferenceSID(text)) }

  @Test func `come from the store and from later events`() throws {
    let names = KnownNames([try Self.sid("a"): "A", try Self.sid("b"): "B"])
    names.learn(
      from: [
        Self.draft(.conferencePresent, "b", name: "B2"), Self.draft(.conferenceStarted, "c", name: "C"),
        Self.draft(.watchStarted, "a", name: nil),
      ], includesPeople: false)
    #expect(try ["a", "b", "c", "d"].map { names[try Self.sid($0)] } == ["A", "B2", "C", nil])
    #expect(names[nil] == nil)
  }

  @Test func `are unknown if events do not show them`() throws {
    let names = KnownNames([try Self.sid("a"): "A"], redacted: [.friendlyName])
    names.learn(from: [Self.draft(.conferenceStarted, "c", name: "C")], includesPeople: false)
    #expect(names[try Self.sid("a")] == nil)
    #expect(names[try Self.sid("c")] == nil)
  }

  @Test func `are limited to the latest ten thousand`() throws {
    let names = KnownNames()
    for number in 0...KnownNames.maximumConferences {
      names.learn(from: [Self.draft(.conferenceStarted, "c\(number)", name: "C")], includesPeople: false)
    }
    #expect(names[try Self.sid("c0")] == nil)
    #expect(names[try Self.sid("c1")] == "C")
    #expect(names[try Self.sid("c\(KnownNames.maximumConferences)")] == "C")
  }

  @Test func `come from a stored stream, including ended conferences`() throws {
    var heads = [SavedRoom.Head(conference: try Self.sid("a")), SavedRoom.Head(conference: try Self.sid("b"))]
    heads[0].friendlyName = "A"
    (heads[1].friendlyName, heads[1].isOver) = ("B", true)
    let saved = try SavedStream(heads.map { SavedRoom(head: $0) })
    #expect(saved.friendlyNames == [try Self.sid("a"): "A", try Self.sid("b"): "B"])
  }

  @Test func `head messages about events without them`() async throws {
    let outcome = try await ChatRun.deliver(
      [[Self.draft(.participantLeft, "c", name: nil)]], to: .mattermost,
      known: KnownNames([try Self.sid("c"): "support"])
    ) { _ in ChatRun.reply(200) }
    let text = try #require(outcome.requests.first?.body["text"]?.asText)
    #expect(text.split(separator: "\n").first?.contains("support") == true)
  }

  private static func person(
    _ type: EventType, _ call: String, label: String? = nil, from: String? = nil, coaching target: String? = nil
  ) -> Event {
    var draft = draft(type, "c", name: nil)
    draft.call = CallSID(call)
    draft.callSIDToCoach = target
    draft.participant = Array((label.map { #"{"label":"\#($0)"}"# } ?? "{}").utf8)
    draft.callDetails = from.map { CallDetails(from: $0, to: "+15550199", direction: "inbound") }
    return draft
  }

  @Test func `include the latest labels and addresses of people`() {
    let known = KnownNames()
    known.learn(
      from: [
        Self.person(.participantJoined, "call-1", label: "desk", from: "+12025550101"),
        Self.person(.participantMuted, "call-1"), Self.person(.participantJoined, "call-2"),
      ], includesPeople: true)
    #expect(known.identity(of: "call-1") == CallerIdentity(label: "desk", address: "+12025550101"))
    #expect(known.identity(of: "call-2") == nil)
    known.learn(from: [Self.person(.participantUpdated, "call-1", label: "front")], includesPeople: true)
    #expect(known.identity(of: "call-1") == CallerIdentity(label: "front", address: "+12025550101"))
    known.learn(from: [Self.person(.participantJoined, "call-3", label: "x")], includesPeople: false)
    #expect(known.identity(of: "call-3") == nil)
  }

  @Test(arguments: [Redaction.Field.label, .from, .direction, .callSID])
  func `include nothing that events do not show`(field: Redaction.Field) throws {
    let redaction = Redaction([field], key: Array(0..<16))
    let known = KnownNames(nil, redaction: redaction)
    known.learn(
      from: [Self.person(.participantJoined, "call-1", label: "desk", from: "+12025550101")], includesPeople: true)
    let token = redaction.redacted(try #require(CallSID("call-1"))).text
    let identity = known.identity(of: field == .callSID ? token : "call-1")
    #expect(identity?.label == (field == .label ? nil : "desk"))
    #expect(identity?.address == (field == .from || field == .direction ? nil : "+12025550101"))
    #expect(field != .callSID || known.identity(of: "call-1") == nil)
  }

  @Test func `survive a restart, for people in a saved room`() throws {
    let (call, other) = (try #require(CallSID("call-1")), try #require(CallSID("call-2")))
    var saved = SavedRoom(head: SavedRoom.Head(conference: try Self.sid("c")))
    saved.people = [
      SavedRoom.Person(
        callSID: call, record: Array(#"{"call_sid":"call-1","conference_sid":"c","label":"desk"}"#.utf8)),
      SavedRoom.Person(callSID: other, record: Array(#"{"call_sid":"call-2","conference_sid":"c"}"#.utf8)),
    ]
    saved.calls = [
      SavedRoom.Call(callSID: other, details: CallDetails(from: "+1", to: "client:bea", direction: "outbound-dial"))
    ]
    let known = KnownNames(try SavedStream([saved]), redaction: nil)
    #expect(known.identity(of: "call-1") == CallerIdentity(label: "desk", address: nil))
    #expect(known.identity(of: "call-2") == CallerIdentity(label: nil, address: "client:bea"))
  }

  @Test func `name the coached participant in a message`() async throws {
    let known = KnownNames()
    known.learn(from: [Self.person(.participantJoined, "call-1", from: "+12025550101")], includesPeople: true)
    let names = try SIDNames(text: Array("+12025550101 Anna\n".utf8))
    let outcome = try await ChatRun.deliver(
      [[Self.person(.participantCoachingStarted, "call-2", coaching: "call-1")]], to: .slack, names: names, known: known
    ) { _ in ChatRun.reply(200) }
    #expect(outcome.requests.first?.body["text"]?.asText?.hasSuffix("started coaching Anna") == true)
  }
}
