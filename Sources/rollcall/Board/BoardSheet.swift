import RollcallCore

/// Lays a board out at one moment, in the lines that there are.
struct BoardSheet {
  static let nameColumns = 8...24
  private static let clockColumns = 9
  private static let indent = "  "

  let board: Board
  let isWide: Bool
  let now: Timestamp

  /// What a conference is called, and how it goes.
  func heading(of room: BoardRoom) -> StyledText {
    var line = StyledText()
    if room.isOver {
      line.append("over", .bold)
    } else {
      line.append("\(room.people.count) in the room", .bold)
    }
    let gap = room.gap.map {
      (words: $0.words, time: RunningClock.text(milliseconds: (now - $0.since).wholeMilliseconds))
    }
    if let gap, !isWide { line.append(" cut off \(gap.time)", .red) }
    line.append(isWide ? " · " : " ", .faint)
    line.append(room.title(isShort: !isWide || board.order.count > 1))
    if !room.alerts.isEmpty {
      let names = room.alerts.sorted().joined(separator: " ")
      line.append(isWide ? " · ! \(names)" : " !", .red)
    }
    // A reason may be longer than the line.
    if let gap, isWide { line.append(" · interrupted for \(gap.time), \(gap.words)", .red) }
    if let interval = room.interval, !room.isOver, room.gap == nil {
      line.append((isWide ? " · every " : " ") + DurationText.format(interval), .faint)
    }
    return line
  }

  // MARK: People

  /// Everybody, by conference; those who have no room are counted.
  func people(in limit: Int) -> [StyledText] {
    guard limit > 0 else { return [] }
    let rooms = board.order.compactMap { board.rooms[$0] }
    if rooms.count == 1, let room = rooms.first {
      let header = isWide && limit > 4 && !room.people.isEmpty ? [StyledText(), columnNames(room.stays)] : []
      return header + rows(of: room.stays, in: limit - header.count, indent: "")
    }
    return several(rooms, in: limit)
  }

  private func several(_ rooms: [BoardRoom], in limit: Int) -> [StyledText] {
    let hasRest = rooms.count > limit
    let shown = hasRest ? rooms.prefix(limit - 1) : rooms[...]
    let shares = Self.shares(of: limit - shown.count - (hasRest ? 1 : 0), among: shown.map(\.people.count))
    var lines: [StyledText] = []
    for (room, share) in zip(shown, shares) {
      lines.append(heading(of: room))
      lines += rows(of: room.stays, in: share, indent: Self.indent)
    }
    let hidden = rooms.dropFirst(shown.count)
    if hasRest {
      let people = hidden.reduce(0) { $0 + $1.people.count }
      lines.append(StyledText("+\(hidden.count) more conferences, \(people) in them", .faint))
    }
    return lines
  }

  /// Gives everybody what they want as long as there is enough, and else the same to all who want more.
  static func shares(of total: Int, among wants: [Int]) -> [Int] {
    var shares = wants.map { _ in 0 }
    var (left, waiting) = (total, wants.indices.sorted { wants[$0] < wants[$1] }[...])
    while let index = waiting.popFirst() {
      shares[index] = max(0, min(wants[index], left / (waiting.count + 1)))
      left -= shares[index]
    }
    return shares
  }

  private func rows(of stays: [BoardStay], in limit: Int, indent: String) -> [StyledText] {
    guard limit > 0 else { return [] }
    let shown = stays.count > limit ? stays.prefix(limit - 1) : stays[...]
    let width = nameWidth(stays)
    var lines = shown.map { row($0, width, indent) }
    if stays.count > shown.count {
      lines.append(StyledText("\(indent)+\(stays.count - shown.count) more", .faint))
    }
    return lines
  }

  private func row(_ stay: BoardStay, _ width: Int, _ indent: String) -> StyledText {
    var line = StyledText(isWide ? indent : "")
    line.append(TextColumns.cut(stay.name, to: width))
    line.pad(to: line.columns + width - TextColumns.count(TextColumns.cut(stay.name, to: width)))
    guard isWide else {
      let state = stay.state(now, hasClocks: false)
      line.append(" ")
      line.append(state.columns > 0 ? state : StyledText(stay.entered.clock(now), .faint))
      return line
    }
    let clock = stay.entered.clock(now)
    // An open clock's plus sign stands outside its column, so that the digits are aligned.
    let blanks = Self.clockColumns - clock.count + (stay.entered.isOpen ? 1 : 0)
    line.append(String(repeating: " ", count: max(1, blanks)) + clock, .faint)
    line.pad(to: indent.count + width + Self.clockColumns + 3)
    line.append(stay.state(now, hasClocks: true))
    return line
  }

  private func nameWidth(_ stays: [BoardStay]) -> Int {
    guard isWide else { return min(stays.map { TextColumns.count($0.name) }.max() ?? 0, Self.nameColumns.lowerBound) }
    let widest = stays.map { TextColumns.count($0.name) }.max() ?? 0
    return min(max(widest, Self.nameColumns.lowerBound), Self.nameColumns.upperBound)
  }

  private func columnNames(_ stays: [BoardStay]) -> StyledText {
    let width = nameWidth(stays)
    var line = StyledText("WHO", .faint)
    line.pad(to: width + Self.clockColumns - "IN ROOM".count)
    line.append("IN ROOM", .faint)
    line.pad(to: width + Self.clockColumns + 3)
    line.append("NOW", .faint)
    return line
  }
}

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
