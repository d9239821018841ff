import RollcallCore
import RollcallKit

/// Shows participants as rows: the most important columns come first, and the sids, for use in other commands, last.
struct PeopleTable {
  private struct Row {
    let call: CallSID
    let state: ParticipantState
    let since: Timestamp?
  }

  /// The comfortable width of NOW has room for all states and an ellipsis; with that of WHO and a sid it makes 80 columns.
  private static let columns = [
    Table.Column("WHO", minimum: (15, 8)), Table.Column("NOW", minimum: (25, 8)), Table.Column("SINCE", omission: 2),
    Table.Column("STATUS", omission: 3), Table.Column("CALL", omission: 1),
  ]
  private static let statusColumn = 3
  /// The statuses that participants in the room normally have.
  private static let usualStatuses: Set = ["in-progress", "connected"]

  /// Shown instead of an unknown time.
  private static let unknown = "-"

  private let namesConferences: Bool
  private let known: KnownNames
  private let zone: LocalZone
  private let now: Timestamp
  private var names: NameBook
  /// The conferences in the order in which they were added.
  private var conferences: [ConferenceSID] = []
  private var rows: [ConferenceSID: [Row]] = [:]

  /// - Parameters:
  ///   - namesConferences: whether each conference has a heading.
  ///   - known: the names from events.
  ///   - now: the current time; times on the same day are shown without a date.
  init(
    namesConferences: Bool, names: ShownNames = .none, known: KnownNames = KnownNames(), zone: LocalZone = .system,
    now: Timestamp = .wallClock
  ) {
    self.namesConferences = namesConferences
    self.known = known
    self.names = NameBook(names, known: known)
    self.zone = zone
    self.now = now
  }

  /// - Parameters:
  ///   - address: the address, if an event gave it.
  ///   - since: when the participant joined; nil if that is unknown.
  mutating func append(
    _ call: CallSID, _ state: ParticipantState, at address: String? = nil, since: Timestamp?,
    in conference: ConferenceSID
  ) {
    // All participants need names before a coach's row shows one.
    _ = names.name(of: call.text, CallerIdentity(label: state.label, address: address))
    if rows[conference] == nil { conferences.append(conference) }
    rows[conference, default: []].append(Row(call: call, state: state, since: since))
  }

  mutating func render(_ terminal: TerminalCapabilities) -> String {
    var parts: [String] = []
    for conference in conferences {
      var table = table(of: rows[conference] ?? [], showsStatus: false)
      if table.leavesOut(Self.statusColumn, terminal) {
        table = self.table(of: rows[conference] ?? [], showsStatus: true)
      }
      let heading = heading(of: conference, terminal.width())?.written(hasColour: terminal.hasColour)
      parts.append((heading.map { $0 + "\n" } ?? "") + table.render(terminal))
    }
    return conferences.isEmpty ? Table(Self.columns).render(terminal) : parts.joined(separator: "\n")
  }

  /// - Parameter showsStatus: whether NOW shows an unusual status too, because the column for it is left out.
  private mutating func table(of rows: [Row], showsStatus: Bool) -> Table {
    var table = Table(Self.columns)
    for row in rows {
      table.append([
        StyledText(names.name(of: row.call.text)), doing(row.state, showsStatus: showsStatus),
        StyledText(since(row), .faint), StyledText(row.state.status ?? ""), StyledText(row.call.text, .faint),
      ])
    }
    return table
  }

  private func since(_ row: Row) -> String {
    guard let since = row.since else { return Self.unknown }
    let day = zone.day(since)
    return (day == zone.day(now) ? "" : "\(day) ") + zone.time(since)
  }

  /// Returns the conference's name and its sid, which is never cut, because other commands need it.
  private func heading(of conference: ConferenceSID, _ width: Int?) -> StyledText? {
    guard namesConferences else { return nil }
    let sid = conference.text
    var line = StyledText()
    if let name = names.names.conference(conference, friendlyName: known[conference]) {
      let room = width.map { max(0, $0 - sid.utf8.count - 2) } ?? .max
      line.append(TextColumns.cut(NameBook.cut(name), to: room), .bold)
      line.append("  ")
    }
    line.append(sid, .faint)
    return line.cut(to: width)
  }

  /// Returns the states, with the name of a coached participant last, so that a cut to the comfortable width leaves the
  /// states whole. An unusual status comes first, because it may mean that the participant is not in the room.
  private mutating func doing(_ state: ParticipantState, showsStatus: Bool) -> StyledText {
    var text = StyledText()
    func add(_ words: String, _ style: TextStyle, if isOn: Bool) {
      guard isOn else { return }
      if text.columns > 0 { text.append(", ", .faint) }
      text.append(words, style)
    }
    if let status = state.status { add(status, .plain, if: showsStatus && !Self.usualStatuses.contains(status)) }
    add(StateWords.muted, .yellow, if: state.isMuted)
    add(StateWords.held, .magenta, if: state.isOnHold)
    add(StateWords.coaching(state.callSIDToCoach.map { names.name(of: $0) }), .cyan, if: state.isCoaching)
    return text
  }
}

/// A participant in a room, as shown by `rollcall room`.
struct RoomRow {
  let conference: ConferenceSID
  let call: CallSID
  /// When the participant joined; nil if they were in the room before watching began.
  let since: Timestamp?
  let state: ParticipantState
  /// The address; nil if neither events nor the state file have it.
  let address: String?

  static func rows(of rooms: RecalledRooms) -> [RoomRow] {
    rooms.people.flatMap { conference, people in
      people.map {
        RoomRow(conference: conference, call: $0, since: $1.since, state: $1.state, address: $1.address)
      }
    }.sorted(by: precedes)
  }

  static func rows(of room: Room, _ calls: [SavedRoom.Call]) -> [RoomRow] {
    var addresses: [CallSID: String] = [:]
    for call in calls { addresses[call.callSID] = call.details?.address }
    return room.participants.map { call, person in
      RoomRow(
        conference: room.conference, call: call, since: person.joined, state: person.state, address: addresses[call])
    }
  }

  /// Orders rows by conference, then longest stay first.
  static func precedes(_ left: RoomRow, _ right: RoomRow) -> Bool {
    let (since, other) = (left.since?.milliseconds ?? .min, right.since?.milliseconds ?? .min)
    return (left.conference.text, since, left.call.text) < (right.conference.text, other, right.call.text)
  }

  /// The row as a line of JSON with its newline; the keys are always the same.
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
