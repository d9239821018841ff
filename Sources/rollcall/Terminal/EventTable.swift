import RollcallCore
import RollcallKit

/// Events as rows for people, one at a time: the widths of columns follow from the window alone, so that nothing has to be
/// kept. What happened stands last, because it may be long.
struct EventTable: LineFormat {
  /// Narrower than this, rows have no columns and no seconds.
  private static let leastWidth = 48
  /// Narrower than this, rows that name conferences do without the number of people.
  private static let leastWidthOfPeople = 72
  private static let gap = 2
  private static let timeWidth = 8
  private static let peopleWidth = 6
  /// The widths of names and of conferences: a part of the window, within bounds.
  private static let (nameWidths, nameShare) = (8...24, 5)
  private static let (conferenceWidths, conferenceShare) = (8...24, 7)
  /// The window that they are made for where lines may have any length.
  private static let usualWidth = 80

  private let look: TerminalLook
  private let zone: LocalZone
  private let namesConference: Bool
  private var names: NameBook
  /// As far as the events of the table tell them.
  private var conferences: [ConferenceSID: String] = [:]
  /// As far as earlier events have told them.
  private let known: KnownNames
  private var day: String?

  /// - Parameters:
  ///   - known: what conferences and people are called before any event of the table tells it.
  ///   - namesConference: whether each row says which conference it is about.
  init(
    _ look: TerminalLook, names: ShownNames = .none, known: KnownNames = KnownNames(),
    zone: LocalZone = .system, namesConference: Bool
  ) {
    self.look = look
    self.known = known
    self.zone = zone
    self.namesConference = namesConference
    self.names = NameBook(names, known: known)
  }

  /// The row of the next event, after the day's name where a day begins.
  mutating func bytes(of event: StoredEvent) -> [UInt8] { bytes(of: EventLine(event)) }

  /// The same for an event that was delivered by another process.
  mutating func bytes(of event: EventLine) -> [UInt8] {
    names.renew()
    let row = EventRow(event, &names)
    let width = look.width()
    var lines: [StyledText] = []
    let day = zone.day(row.timestamp)
    if day != self.day {
      if self.day == nil, (width ?? .max) >= Self.leastWidth { lines.append(header(in: width)) }
      self.day = day
      lines.append(StyledText(zone.heading(row.timestamp), .faint))
    }
    lines.append(line(of: row, width))
    return Array(lines.map { $0.cut(to: width).written(hasColour: look.hasColour) + "\n" }.joined().utf8)
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

  /// Cells in their columns, all but the last of which are cut to their widths.
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

  /// The width of each column; 0 for one that is left out, and nil for the last, which has the rest of the line.
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
  /// As they are stored.
  case ndjson
  /// As rows for people.
  case text(TextDisplay)
  /// As a board that is drawn in place.
  case board(BoardDisplay)

  /// Where log lines are kept while a board is drawn; nil where none is.
  var hold: LogHold? {
    switch self {
    case .ndjson, .text: nil
    case .board(let board): board.hold
    }
  }

  /// Whether it calls people by their names.
  var showsNames: Bool {
    switch self {
    case .ndjson: false
    case .text, .board: true
    }
  }

  /// The same with names.
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
  var look: TerminalLook
  var namesConference: Bool
  var names = ShownNames.none
}

struct BoardDisplay: Sendable {
  var look: TerminalLook
  var names = ShownNames.none
  let hold = LogHold()
}

/// So many events, in words.
enum EventCount {
  /// `1 event`, `2 events`.
  static func text(_ count: some BinaryInteger) -> String { count == 1 ? "1 event" : "\(count) events" }

  /// The same with its verb: `1 event was`, `2 events were`.
  static func past(_ count: some BinaryInteger) -> String { "\(text(count)) \(verb(count))" }

  /// `1 was`, `2 were`.
  static func pastAlone(_ count: some BinaryInteger) -> String { "\(count) \(verb(count))" }

  private static func verb(_ count: some BinaryInteger) -> String { count == 1 ? "was" : "were" }
}

/// An event as rows and the board show it.
struct EventRow: Sendable {
  let timestamp: Timestamp
  let conference: ConferenceSID?
  let friendlyName: String?
  /// Whom it is about; nil where it is about nobody.
  let who: String?
  let what: String
  let style: TextStyle
  /// How many are in the room after it; nil where it says nothing of that.
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
