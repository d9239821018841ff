import RollcallCore

/// The layout of a board for one window at one time.
struct BoardSheet {
  private static let nameColumns = 8...24
  /// Names take at most one part in this many of the line.
  private static let nameShare = 4
  /// The minimum width for whole sids of conferences without a name.
  private static let sidColumns = 80
  private static let clockColumns = 9
  private static let indent = "  "

  let board: Board
  /// The width of the window.
  let columns: Int
  let now: Timestamp

  var isWide: Bool { columns >= Board.leastWidth }
  private var maximumName: Int {
    max(Self.nameColumns.lowerBound, min(Self.nameColumns.upperBound, columns / Self.nameShare))
  }

  /// Returns a conference's name and status.
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
    line.append(room.title(isShort: columns < Self.sidColumns || board.order.count > 1))
    if !room.alerts.isEmpty {
      let names = room.alerts.sorted().joined(separator: " ")
      line.append(isWide ? " · ! \(names)" : " !", .red)
    }
    // The reason comes last, because it may be longer than the line.
    if let gap, isWide { line.append(" · interrupted for \(gap.time), \(gap.words)", .red) }
    if let interval = room.interval, !room.isOver, room.gap == nil {
      line.append((isWide ? " · every " : " ") + DurationText.format(interval), .faint)
    }
    return line
  }

  // MARK: People

  /// Returns the participants by conference, and counts those that do not fit.
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
      let counts = BoardStay.counts(of: hidden.flatMap(\.people.values))
      lines.append(StyledText("+\(hidden.count) more conferences, \(people) in them\(counts)", .faint))
    }
    return lines
  }

  /// Divides lines among rooms: each gets what it wants if there is enough; otherwise rooms that want more get equal
  /// shares.
  static func shares(of total: Int, among wants: [Int]) -> [Int] {
    var shares = wants.map { _ in 0 }
    var (left, waiting) = (total, wants.indices.sorted { wants[$0] < wants[$1] }[...])
    while let index = waiting.popFirst() {
      shares[index] = max(0, min(wants[index], left / (waiting.count + 1)))
      left -= shares[index]
    }
    return shares
  }

  /// If not all participants fit, those who need least attention are left out.
  private func rows(of stays: [BoardStay], in limit: Int, indent: String) -> [StyledText] {
    guard limit > 0 else { return [] }
    let width = nameWidth(stays)
    guard stays.count > limit else { return stays.map { row($0, width, indent) } }
    let stays = BoardStay.urgentFirst(stays)
    let hidden = stays.dropFirst(limit - 1)
    let more = StyledText("\(indent)+\(hidden.count) more\(BoardStay.counts(of: hidden))", .faint)
    return stays.prefix(limit - 1).map { row($0, width, indent) } + [more]
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
    // An open clock's plus sign is outside its column, so that the digits are aligned.
    let blanks = Self.clockColumns - clock.count + (stay.entered.isOpen ? 1 : 0)
    line.append(String(repeating: " ", count: max(1, blanks)) + clock, .faint)
    line.pad(to: indent.count + width + Self.clockColumns + 3)
    // Whom they coach matters more than for how long.
    let state = stay.state(now, hasClocks: true)
    line.append(line.columns + state.columns <= columns ? state : stay.state(now, hasClocks: false, separator: " · "))
    return line
  }

  private func nameWidth(_ stays: [BoardStay]) -> Int {
    guard isWide else { return min(stays.map { TextColumns.count($0.name) }.max() ?? 0, Self.nameColumns.lowerBound) }
    let widest = stays.map { TextColumns.count($0.name) }.max() ?? 0
    return min(max(widest, Self.nameColumns.lowerBound), maximumName)
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
  /// Returns the last events, newest last, after an empty line.
  func events(in limit: Int) -> [StyledText] {
    guard limit > 0, !board.log.isEmpty else { return [] }
    let hasGap = limit > 1
    let shown = board.log.suffix(limit - (hasGap ? 1 : 0)).map(\.row)
    guard isWide else { return (hasGap ? [StyledText()] : []) + shown.map(narrowRow) }
    let names = Self.widest(shown.compactMap(\.who), maximumName)
    let titles = board.order.count > 1 ? Self.widest(shown.compactMap(title(of:)), maximumName) : 0
    return (hasGap ? [StyledText()] : []) + shown.map { row($0, names: names, titles: titles) }
  }

  private static func widest(_ texts: [String], _ maximum: Int) -> Int {
    min(texts.map(TextColumns.count).max() ?? 0, maximum)
  }

  private func narrowRow(_ event: EventRow) -> StyledText {
    var line = StyledText("\(board.zone.time(event.timestamp).prefix(5)) ", .faint)
    if let who = event.who { line.append("\(who) ") }
    line.append(event.what, event.style)
    return line
  }

  /// - Parameters:
  ///   - names: the width of names.
  ///   - titles: the width of conference names; 0 if there is only one conference.
  private func row(_ event: EventRow, names: Int, titles: Int) -> StyledText {
    var line = StyledText("\(board.zone.time(event.timestamp))  ", .faint)
    if titles > 0 {
      let end = line.columns + titles + 2
      line.append(TextColumns.cut(title(of: event) ?? "", to: titles), .faint)
      line.pad(to: end)
    }
    if let who = event.who {
      let end = line.columns + names + 2
      line.append(TextColumns.cut(who, to: names))
      line.pad(to: end)
    }
    line.append(event.what, event.style)
    return line
  }

  private func title(of event: EventRow) -> String? {
    event.conference.map { board.rooms[$0]?.title(isShort: true) ?? ShownName.short($0.text) }
  }
}
