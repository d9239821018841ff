import RollcallCore
import RollcallKit

/// Shows events as rows, one at a time. The widths of columns depend only on the window, so no rows need to be kept.
/// The last column says what happened, because that may be long.
struct EventTable: LineFormat {
  /// The minimum width for columns and seconds.
  private static let leastWidth = 48
  /// The minimum width for the number of participants in rows that name conferences.
  private static let leastWidthOfPeople = 72
  private static let gap = 2
  private static let timeWidth = 8
  private static let peopleWidth = 6
  /// The widths of names and of conferences: a share of the window, within bounds.
  private static let (nameWidths, nameShare) = (8...24, 5)
  private static let (conferenceWidths, conferenceShare) = (8...24, 7)
  /// The width assumed if lines may have any length.
  private static let usualWidth = 80

  private let terminal: TerminalCapabilities
  private let zone: LocalZone
  private let namesConference: Bool
  private var names: NameBook
  /// The friendly names in the table's own events.
  private var conferences: [ConferenceSID: String] = [:]
  /// The names from earlier events.
  private let known: KnownNames
  private var day: String?

  /// - Parameters:
  ///   - known: the names from earlier events.
  ///   - namesConference: whether each row names its conference.
  init(
    _ terminal: TerminalCapabilities, names: ShownNames = .none, known: KnownNames = KnownNames(),
    zone: LocalZone = .system, namesConference: Bool
  ) {
    self.terminal = terminal
    self.known = known
    self.zone = zone
    self.namesConference = namesConference
    self.names = NameBook(names, known: known)
  }

  /// Returns the row of the next event, after a heading if a new day begins.
  mutating func bytes(of event: StoredEvent) -> [UInt8] { bytes(of: EventLine(event)) }

  /// Returns the same for an event delivered by another process.
  mutating func bytes(of event: EventLine) -> [UInt8] {
    names.renew()
    let row = EventRow(event, &names)
    let width = terminal.width()
    var lines: [StyledText] = []
    let day = zone.day(row.timestamp)
    if day != self.day {
      if self.day == nil, (width ?? .max) >= Self.leastWidth { lines.append(header(in: width)) }
      self.day = day
      lines.append(StyledText(zone.heading(row.timestamp), .faint))
    }
    lines.append(line(of: row, width))
    return Array(lines.map { $0.cut(to: width).written(hasColour: terminal.hasColour) + "\n" }.joined().utf8)
  }

  private func header(in width: Int?) -> StyledText {
    let titles = ["TIME", "PEOPLE"] + (namesConference ? ["CONFERENCE"] : []) + ["WHO", "WHAT"]
    return line(titles.map { StyledText($0, .faint) }, in: width)
  }

  private mutating func line(of row: EventRow, _ width: Int?) -> StyledText {
    let time = zone.time(row.timestamp)
    let who = row.who ?? "–"
    if let width, width < Self.leastWidth {
      var line = StyledText("\(time.prefix(5)) ", .faint)
      line.append("\(row.who.map { "\($0) " } ?? "")")
      line.append(row.what, row.style)
      return line
    }
    var cells = [StyledText(time, .faint), StyledText(row.count.map { "\($0)" } ?? "")]
    if namesConference { cells.append(StyledText(conference(of: row), .faint)) }
    cells += [StyledText(who), StyledText(row.what, row.style)]
    return line(cells, in: width)
  }

  private mutating func conference(of row: EventRow) -> String {
    guard let conference = row.conference else { return "" }
    if let name = row.friendlyName { conferences[conference] = name }
    let name = names.names.conference(conference, friendlyName: conferences[conference] ?? known[conference])
    return name.map(NameBook.cut) ?? ShownName.short(conference.text)
  }

  /// Returns the cells in their columns; all but the last are cut to their widths.
  private func line(_ cells: [StyledText], in width: Int?) -> StyledText {
    var (line, column) = (StyledText(), 0)
    for (cell, room) in zip(cells, widths(in: width ?? Self.usualWidth)) where room != 0 {
      line.pad(to: column)
      guard let room else {
        line.append(cell)
        break
      }
      line.append(width == nil ? cell : cell.cut(to: room))
      column = max(column + room, line.columns) + Self.gap
    }
    return line
  }

  /// Returns the width of each column; 0 for one that is left out, and nil for the last, which has the rest of the
  /// line.
  private func widths(in width: Int) -> [Int?] {
    func part(_ bounds: ClosedRange<Int>, _ share: Int) -> Int {
      min(max(width / share, bounds.lowerBound), bounds.upperBound)
    }
    let name = part(Self.nameWidths, Self.nameShare)
    guard namesConference else { return [Self.timeWidth, Self.peopleWidth, name, nil] }
    let people = width < Self.leastWidthOfPeople ? 0 : Self.peopleWidth
    return [Self.timeWidth, people, part(Self.conferenceWidths, Self.conferenceShare), name, nil]
  }
}

/// How the events of a run are shown on standard output.
enum EventDisplay: Sendable {
  /// NDJSON: the lines as they are stored.
  case ndjson
  /// Rows of text.
  case text(TextDisplay)
  /// A board that is redrawn in place.
  case board(BoardDisplay)

  /// Keeps log lines while a board is drawn; nil without a board.
  var hold: LogHold? {
    switch self {
    case .ndjson, .text: nil
    case .board(let board): board.hold
    }
  }

  /// Whether the display shows names.
  var showsNames: Bool {
    switch self {
    case .ndjson: false
    case .text, .board: true
    }
  }

  /// Returns the same display with names.
  func calling(_ names: ShownNames) -> EventDisplay {
    switch self {
    case .ndjson: return self
    case .text(var text):
      text.names = names
      return .text(text)
    case .board(var board):
      board.names = names
      return .board(board)
    }
  }
}

struct TextDisplay: Sendable {
  var terminal: TerminalCapabilities
  var namesConference: Bool
  var names = ShownNames.none
}

struct BoardDisplay: Sendable {
  var terminal: TerminalCapabilities
  var names = ShownNames.none
  let hold = LogHold()
}

/// A number of events in words.
enum EventCount {
  /// Returns a text such as `1 event` or `2 events`.
  static func text(_ count: some BinaryInteger) -> String { count == 1 ? "1 event" : "\(count) events" }

  /// Returns the same with a verb: `1 event was`, `2 events were`.
  static func past(_ count: some BinaryInteger) -> String { "\(text(count)) \(verb(count))" }

  /// Returns the number with a verb: `1 was`, `2 were`.
  static func pastAlone(_ count: some BinaryInteger) -> String { "\(count) \(verb(count))" }

  private static func verb(_ count: some BinaryInteger) -> String { count == 1 ? "was" : "were" }
}

/// An event as shown in rows and on the board.
struct EventRow: Sendable {
  let timestamp: Timestamp
  let conference: ConferenceSID?
  let friendlyName: String?
  /// The participant's name; nil for events about no participant.
  let who: String?
  let what: String
  let style: TextStyle
  /// The number of participants in the room after the event; nil if the event does not say.
  let count: Int64?

  init(_ line: EventLine, _ names: inout NameBook) {
    timestamp = line.timestamp
    conference = line.conference
    friendlyName = line.friendlyName
    count = line.count
    who = line.call.map { names.name(of: $0, line.identity) }
    style = Self.style(of: line.type)
    what = EventWords(line, coached: line.coached.map { names.name(of: $0) }).headline
    if line.type == .participantLeft, let call = line.call { names.release(call) }
  }

  private static func style(of type: EventType) -> TextStyle {
    switch type {
    case .participantJoined: .green
    case .participantLeft, .alertRaised, .watchInterrupted: .red
    case .participantMuted: .yellow
    case .participantHeld: .magenta
    case .participantCoachingStarted: .cyan
    case .conferenceStarted, .conferenceEnded: .bold
    case .participantPresent, .conferencePresent, .watchStarted, .watchResumed, .watchHeartbeat, .watchStopped: .faint
    case .participantUnmuted, .participantUnheld, .participantCoachingStopped, .participantUpdated, .alertResolved:
      .plain
    }
  }
}
