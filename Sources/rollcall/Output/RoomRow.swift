import RollcallCore

/// Somebody in a room, as `rollcall room` shows them.
struct RoomRow {
  let conference: ConferenceSID
  let call: CallSID
  /// nil where they were there before watching began.
  let since: Timestamp?
  let state: ParticipantState

  static func rows(of rooms: RecalledRooms) -> [RoomRow] {
    rooms.people.flatMap { conference, people in
      people.map { RoomRow(conference: conference, call: $0, since: $1.since, state: $1.state) }
    }.sorted(by: precedes)
  }

  static func rows(of room: Room) -> [RoomRow] {
    room.participants.map { call, person in
      RoomRow(conference: room.conference, call: call, since: person.joined, state: person.state)
    }
  }

  /// By conference, then those who have been there longest first.
  static func precedes(_ left: RoomRow, _ right: RoomRow) -> Bool {
    let (since, other) = (left.since?.milliseconds ?? .min, right.since?.milliseconds ?? .min)
    return (left.conference.text, since, left.call.text) < (right.conference.text, other, right.call.text)
  }

  /// One line of JSON with its newline; the keys are always the same.
  var line: [UInt8] {
    var line: [UInt8] = []
    func add(_ key: String, _ append: (inout [UInt8]) -> Void) {
      line.append(UInt8(ascii: line.isEmpty ? "{" : ","))
      JSONText.append(key, to: &line)
      line.append(UInt8(ascii: ":"))
      append(&line)
    }
    add("conference_sid") { JSONText.append(conference.text, to: &$0) }
    add("call_sid") { JSONText.append(call.text, to: &$0) }
    add("since") { JSONText.append(since?.rfc3339, to: &$0) }
    add("muted") { JSONText.append(state.isMuted, to: &$0) }
    add("hold") { JSONText.append(state.isOnHold, to: &$0) }
    add("coaching") { JSONText.append(state.isCoaching, to: &$0) }
    add("call_sid_to_coach") { JSONText.append(state.callSIDToCoach, to: &$0) }
    add("status") { JSONText.append(state.status, to: &$0) }
    add("label") { JSONText.append(state.label, to: &$0) }
    return line + Array("}\n".utf8)
  }
}
