import CTerminal
import RollcallCore
import RollcallKit

/// The rooms and the last events, folded from events alone.
struct Board: Sendable {
  /// The maximum number of events kept for display.
  private static let maximumLog = 100
  /// The maximum number of ended conferences shown.
  private static let maximumOver = 3

  private(set) var rooms: [ConferenceSID: BoardRoom] = [:]
  /// The conferences in the order of their first events; ended ones come last.
  private(set) var order: [ConferenceSID] = []
  /// The last events, the oldest first.
  private(set) var log: [(line: EventLine, row: EventRow)] = []
  /// The epoch of each conference's last event.
  private var epochs: [ConferenceSID: String] = [:]
  /// Why watching ended; nil while it goes on.
  private(set) var ending: String?
  private var names: NameBook
  private let listed: EventFilter
  let zone: LocalZone

  /// - Parameters:
  ///   - known: the names from earlier runs.
  ///   - listed: which events are listed below the rooms.
  init(
    names: ShownNames = .none, known: KnownNames = KnownNames(), zone: LocalZone = .system,
    lists listed: EventFilter = .all
  ) {
    self.listed = listed
    self.names = NameBook(names, known: known)
    self.zone = zone
  }

  /// Adds the rooms that an earlier run saved.
  mutating func recall(_ saved: [Room]) {
    for room in saved.sorted(by: { $0.conference.text < $1.conference.text }) {
      order.append(room.conference)
      rooms[room.conference] = BoardRoom(room, &names)
    }
  }

  /// Folds the next event of the stream.
  mutating func take(_ event: StoredEvent) {
    rename()
    let line = EventLine(event)
    let row = EventRow(line, &names)
    if event.type == .watchStopped { ending = row.what }
    if event.type != .watchHeartbeat, listed.accepts(event) {
      log.append((line, row))
      if log.count > Self.maximumLog { log.removeFirst() }
    }
    guard let conference = event.conference else { return }
    begin(conference, with: event)
    if rooms[conference] == nil { order.append(conference) }
    rooms[conference, default: BoardRoom(conference, &names)].take(line, &names)
    if event.type == .conferenceEnded { putLast(conference) }
  }

  /// Updates all names if the user's names have changed.
  mutating func rename() {
    guard names.renew() else { return }
    for conference in order { rooms[conference]?.rename(&names) }
    log = log.map { ($0.line, EventRow($0.line, &names)) }
  }

  /// Begins a conference anew if another run begins it with a baseline.
  private mutating func begin(_ conference: ConferenceSID, with event: StoredEvent) {
    let epoch = EventStream.epoch(of: event.id)
    guard epochs[conference].map({ epoch != $0 }) ?? true else { return }
    if epochs[conference] != nil, event.type.beginsAnew {
      rooms[conference] = nil
      order.removeAll { $0 == conference }
    }
    epochs[conference] = String(epoch)
  }

  private mutating func putLast(_ conference: ConferenceSID) {
    order.removeAll { $0 == conference }
    order.append(conference)
    let over = order.filter { rooms[$0]?.isOver == true }
    for old in over.dropLast(Self.maximumOver) {
      (rooms[old], epochs[old]) = (nil, nil)
      order.removeAll { $0 == old }
    }
  }
}

extension Board {
  /// The minimum width for columns and for the clocks of states.
  static let leastWidth = 48
  private static let clockColumns = 8

  /// Returns the lines for a window, from its top; never more lines, and none wider.
  ///
  /// - Parameter note: a notice for the last line.
  func lines(in size: WindowSize, at now: Timestamp, note: StyledText? = nil) -> [StyledText] {
    let sheet = BoardSheet(board: self, columns: size.columns, now: now)
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

  /// Returns the minimum number of lines for events, however many participants there are.
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

/// Draws lines in place on a terminal: only what has changed, and each frame in one write.
struct BoardScreen: Sendable {
  /// The size assumed if the terminal does not report one.
  private static let usualSize = WindowSize(columns: 80, rows: 24)

  private let output: NonblockingOutput
  private let hasColour: Bool
  private var size = usualSize
  /// The lines on the screen; nil if they are unknown.
  private var drawn: [String]?

  /// - Parameter output: a terminal.
  init(_ output: NonblockingOutput, hasColour: Bool) {
    self.output = output
    self.hasColour = hasColour
  }

  var currentSize: WindowSize { WindowSize.of(output.descriptor) ?? Self.usualSize }

  /// Draws the lines from the top, unless the terminal is too slow or the process is in the background.
  mutating func draw(_ lines: [StyledText], in size: WindowSize) {
    if cterminal_is_shown() == 0 {
      guard cterminal_show(output.descriptor) != 0 else { return }
      drawn = nil
    }
    // A frame may wait for its thread, but not for the previous frame.
    guard output.flush() != .noRoom else { return }
    let lines = lines.map { $0.written(hasColour: hasColour) }
    let frame = Self.frame(lines, over: size == self.size ? drawn : nil)
    let bytes = Array(frame.utf8)
    switch output.offer(bytes[...]) {
    case .taken(bytes.count): (drawn, self.size) = (lines, size)
    case .noRoom: break
    // A frame cut short by a slow terminal is drawn again as a whole.
    case .taken, .readerGone, .failed: drawn = nil
    }
  }

  /// Returns what to write so that the screen shows these lines and nothing else.
  ///
  /// - Parameter old: the lines on the screen; nil if they are unknown.
  static func frame(_ lines: [String], over old: [String]?) -> String {
    var frame = old == nil ? "\u{1B}[2J" : ""
    let old = old ?? []
    // A row is erased before it is written, because after a full row the cursor is still on its last character.
    for (row, line) in lines.enumerated() where row >= old.count || old[row] != line {
      frame += "\u{1B}[\(row + 1);1H\u{1B}[K\(line)"
    }
    // Erases what was below the last line.
    if old.count > lines.count { frame += "\u{1B}[\(lines.count + 1);1H\u{1B}[J" }
    return frame
  }

  /// Restores the terminal.
  ///
  /// - Returns: the bytes that leave the lines on it.
  func end(with lines: [StyledText]) -> [UInt8] {
    cterminal_hide()
    return Array(lines.map { $0.written(hasColour: hasColour) + "\n" }.joined().utf8)
  }
}
