import Testing

@testable import RollcallCore

/// What a store gets from a room whose events are redacted.
@Suite struct `A redacted room` {
  private let redaction = Redaction([.callSID, .friendlyName], key: Array("0123456789abcdef".utf8))
  private let conference: ConferenceSID
  private let now = Timestamp(milliseconds: 1_800_000_000_000)

  init() throws { conference = try #require(ConferenceSID("CF")) }

  private func row(_ call: String, label: String? = nil) throws -> ParticipantRow {
    let state = ParticipantState(isCoaching: true, callSIDToCoach: "b", label: label)
    return ParticipantRow(
      callSID: try #require(CallSID(call)), state: state, dateCreated: 5, dateUpdated: 6,
      record: Array(#"{"call_sid":"\#(call)"}"#.utf8))
  }

  private func room(_ redaction: Redaction?) -> Room {
    var room = Room(conference: conference, friendlyName: "board room")
    room.redaction = redaction
    return room
  }

  @Test func `remembers participants who have left only by their tokens, even after a restart`() throws {
    let row = try row("a")
    var before = room(redaction)
    let (stay, _) = before.rememberEnd(of: Participant(row), at: now)
    #expect(stay.id.callSID == redaction.redacted(row.callSID) && stay.id.callSID != row.callSID)
    var after = room(redaction)
    after.recall([stay])
    let none = ListedStays()
    for known in [before, after] { #expect(known.hasEnded(row, at: now + .seconds(1), listed: none)) }
    #expect(!after.hasEnded(try self.row("b"), at: now + .seconds(1), listed: none))
  }

  @Test func `saves nothing of participants who have left`() throws {
    for (redaction, count) in [(redaction, 0), (nil, 1)] {
      var room = room(redaction)
      let row = try row("a")
      room.returning[row.callSID] = Room.Doubt(row: row, streak: Room.Streak(scans: 1, since: now))
      let changes = room.changes(of: [], [:], isOver: false)
      #expect(EventStream(epoch: 1, redaction: redaction).frozen(changes).doubts.count == count)
    }
  }

  @Test func `keeps its name as long as discovery needs it`() {
    let names = [(false, nil), (true, nil), (false, redaction), (true, redaction)].map { isOver, redaction in
      let changes = room(redaction).changes(of: [], [:], isOver: isOver)
      return EventStream(epoch: 1, redaction: redaction).frozen(changes).head.friendlyName
    }
    #expect(names[..<3] == ["board room", "board room", "board room"])
    #expect(names[3].map(RedactedText.isOne) == true)
  }

  @Test func `is shown as its events show it`() throws {
    var room = room(nil)
    let row = try row("a", label: "Ada")
    room.participants[row.callSID] = Participant(row, since: Participant.Since(joined: now))
    let shown = room.redacted(by: redaction)
    let person = try #require(shown.participants[redaction.redacted(row.callSID)])
    #expect(shown.participants.count == 1 && person.callSID == redaction.redacted(row.callSID))
    #expect(person.since.joined == now && person.record.isEmpty)
    #expect(person.state.callSIDToCoach == redaction.token("b", .call) && person.state.label == "Ada")
    #expect(shown.friendlyName.map(RedactedText.isOne) == true)
  }
}
