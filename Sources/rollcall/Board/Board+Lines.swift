import RollcallCore

extension Board {
  /// Narrower than this, there are neither columns nor clocks of states.
  static let leastWidth = 48
  private static let clockColumns = 8

  /// What is shown in a window of that size, from its top; never more lines, and none wider.
  ///
  /// - Parameter note: what else people should know; it stands in the last line.
  func lines(in size: WindowSize, at now: Timestamp, note: StyledText? = nil) -> [StyledText] {
    let sheet = BoardSheet(board: self, isWide: size.columns >= Self.leastWidth, now: now)
    var lines = [title(sheet, size.columns)]
    let room = size.rows - lines.count - (note == nil ? 0 : 1)
    let shown = sheet.people(in: room - Self.leastLog(in: room))
    lines += shown
    let events = sheet.events(in: room - shown.count)
    lines += events
    if let note {
      lines += repeatElement(StyledText(), count: max(0, size.rows - 1 - lines.count))
      lines.append(note)
    }
    return lines.prefix(max(0, size.rows)).map { $0.cut(to: size.columns) }
  }

  /// Lines that are kept for events, however many people there are.
  private static func leastLog(in room: Int) -> Int {
    switch room {
    case ..<6: 0
    case ..<8: 1
    case ..<15: 3
    default: 6
    }
  }

  private func title(_ sheet: BoardSheet, _ columns: Int) -> StyledText {
    var line = StyledText()
    let people = rooms.values.reduce(0) { $0 + $1.people.count }
    if order.isEmpty {
      line.append(ending ?? "waiting for the first list", .bold)
    } else if order.count == 1, let room = rooms[order[0]] {
      line = sheet.heading(of: room)
    } else {
      line.append("\(people) in \(order.count) conferences", .bold)
    }
    let clock = zone.time(sheet.now)
    guard sheet.isWide else { return line }
    line = line.cut(to: columns - Self.clockColumns - 2)
    line.pad(to: columns - Self.clockColumns)
    line.append(clock, .faint)
    return line
  }
}
