import RollcallCore

extension BoardSheet {
  /// The last events, the newest last, after an empty line.
  func events(in limit: Int) -> [StyledText] {
    guard limit > 0, !board.log.isEmpty else { return [] }
    let hasGap = limit > 1
    let shown = board.log.suffix(limit - (hasGap ? 1 : 0)).map(\.row)
    let widest = shown.compactMap(\.who).map(TextColumns.count).max() ?? 0
    let names = isWide ? min(widest, Self.nameColumns.upperBound) : 0
    return (hasGap ? [StyledText()] : []) + shown.map { row($0, names) }
  }

  private func row(_ event: EventRow, _ nameColumns: Int) -> StyledText {
    let time = board.zone.time(event.timestamp)
    var line = StyledText(isWide ? "\(time)  " : "\(time.prefix(5)) ", .faint)
    if isWide, board.order.count > 1, let conference = event.conference {
      let title = board.rooms[conference]?.title(isShort: true) ?? ShownName.short(conference.text)
      line.append("\(title)  ", .faint)
    }
    if let who = event.who {
      let start = line.columns
      line.append("\(who) ")
      if isWide { line.pad(to: start + nameColumns + 2) }
    }
    line.append(event.what, event.style)
    return line
  }
}
