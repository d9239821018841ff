import RollcallCore

/// People of a room in rows: what matters first, and the sids for other commands last.
struct PeopleTable {
  private struct Row {
    let call: CallSID
    let state: ParticipantState
    let since: Timestamp?
    let conference: ConferenceSID
  }

  private let namesConference: Bool
  private let zone: LocalZone
  private var names: NameBook
  private var rows: [Row] = []

  init(namesConference: Bool, names: ShownNames = .none, zone: LocalZone = .system) {
    self.namesConference = namesConference
    self.names = NameBook(names)
    self.zone = zone
  }

  /// - Parameter since: nil where that is not known.
  mutating func append(
    _ call: CallSID, _ state: ParticipantState, since: Timestamp?, in conference: ConferenceSID
  ) {
    // Everybody has a name before anybody is said to coach them.
    _ = names.name(of: call.text, label: state.label)
    rows.append(Row(call: call, state: state, since: since, conference: conference))
  }

  mutating func render(_ look: TerminalLook) -> String {
    var table = Table(columns: ["WHO", "NOW", "SINCE", "STATUS", "CALL"] + (namesConference ? ["CONFERENCE"] : []))
    for row in rows {
      let since = row.since.map { "\(zone.day($0)) \(zone.time($0))" } ?? ""
      var cells = [
        StyledText(names.name(of: row.call.text)), doing(row.state), StyledText(since, .faint),
        StyledText(row.state.status ?? ""), StyledText(row.call.text, .faint),
      ]
      if namesConference { cells.append(StyledText(conference(row.conference), .faint)) }
      table.append(cells)
    }
    return table.render(look)
  }

  /// The sid, or the name that the user gave; several may have the same, so the sid's end is behind it.
  private func conference(_ sid: ConferenceSID) -> String {
    guard let name = names.names.given(to: sid.text) else { return sid.text }
    return "\(NameBook.cut(name)) \(ShownName.short(sid.text))"
  }

  private mutating func doing(_ state: ParticipantState) -> StyledText {
    var text = StyledText()
    func add(_ words: String, _ style: TextStyle, if isOn: Bool) {
      guard isOn else { return }
      if text.columns > 0 { text.append(", ", .faint) }
      text.append(words, style)
    }
    add(StateWords.coaching(state.callSIDToCoach.map { names.name(of: $0) }), .cyan, if: state.isCoaching)
    add(StateWords.muted, .yellow, if: state.isMuted)
    add(StateWords.held, .magenta, if: state.isOnHold)
    return text
  }
}

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

/// Rows in aligned columns, for people.
struct Table: Sendable {
  /// Blanks between columns.
  private static let gap = 2

  private var rows: [[StyledText]]

  init(columns: [String]) {
    rows = [columns.map { StyledText($0, .faint) }]
  }

  /// Adds a row. Cells beyond the columns are dropped, absent ones are empty; every cell is made safe to show.
  mutating func append(_ cells: [String]) { append(cells.map { StyledText($0) }) }

  mutating func append(_ cells: [StyledText]) {
    let count = rows[0].count
    let missing = max(0, count - cells.count)
    rows.append(Array(cells.prefix(count)) + Array(repeating: StyledText(), count: missing))
  }

  /// A line for the header and one for each row, each ended by a newline, without trailing blanks and cut to the width.
  func render(_ look: TerminalLook = .plain) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].columns }.max() ?? 0 }
    let limit = look.width()
    var text = ""
    for row in rows {
      var (line, column) = (StyledText(), 0)
      for (cell, width) in zip(row, widths) {
        line.pad(to: column)
        line.append(cell)
        column += width + Self.gap
      }
      text += line.cut(to: limit).written(hasColour: look.hasColour) + "\n"
    }
    return text
  }
}
