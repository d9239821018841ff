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
