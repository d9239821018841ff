import RollcallCore

/// The format of a command's standard output.
enum OutputFormat: String, CaseIterable, Sendable {
  /// Rows for people.
  case text
  /// Lines of JSON, for programs.
  case ndjson
}

/// The options of commands with output for people and for programs.
enum DisplayOptions {
  static let format = Option(
    "format", .choice(of: OutputFormat.self), fallback: "text on a terminal, else ndjson",
    help: "text: rows for people; ndjson: a line of JSON for each")
  static let names = Option(
    "names", .file, help: "a file of names to show: on each line a sid, the beginning of one or an address, and a name")

  /// Returns the requested format, or else the one that suits the reader of standard output.
  static func format(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) -> OutputFormat {
    try arguments[format] ?? (context.outputIsTerminal ? .text : .ndjson)
  }
}

/// The format and names in which a command shows its results.
struct ListingDisplay: Sendable {
  let format: OutputFormat
  let terminal: TerminalCapabilities
  private let namesFile: String?

  /// - Throws: ``UsageError`` for an unknown format, or names that no row would show.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    format = try DisplayOptions.format(arguments, context)
    terminal = context.terminal
    namesFile = try arguments[DisplayOptions.names]
    guard namesFile == nil || format == .text else {
      throw UsageError("--names has no effect: nothing shows names", right: "give --format text too")
    }
  }

  /// Returns the names of participants and conferences in rows.
  ///
  /// - Throws: ``UsageError`` if the file is unreadable; see ``NamesFile``.
  func names() throws(UsageError) -> CurrentNames { try CurrentNames(path: namesFile) }
}

extension EventDisplay {
  static let formatOption = Option(
    "format", .choice(of: OutputFormat.self), fallback: OutputFormat.ndjson.rawValue,
    help: "text: rows for people; ndjson: a line of JSON for each event")
  static let live = Option(
    flag: "live", help: "draw a board of the rooms and the latest events; without a terminal, write text")
  static let noStdout = Option(flag: "no-stdout", help: "do not write events to standard output")

  /// - Parameter namesConference: whether rows name their conference, because there may be several.
  /// - Throws: ``UsageError`` for an unknown format, or options that contradict each other.
  /// - Returns: nil if standard output gets nothing.
  init?(_ arguments: ParsedArguments, _ context: CommandContext, namesConference: Bool) throws(UsageError) {
    let format = try arguments[Self.formatOption]
    let isLive = try arguments[Self.live]
    if try arguments[Self.noStdout] {
      if isLive { throw .contradiction(Self.noStdout, Self.live) }
      if format != nil { throw .contradiction(Self.noStdout, Self.formatOption) }
      return nil
    }
    if isLive, format == .ndjson {
      throw UsageError(
        "--live and --format ndjson contradict each other", right: "give one of them; --state FILE keeps the events")
    }
    // Without a terminal, `--live` shows text anyway, so `--format text` does not contradict it.
    if isLive, format == .text, context.canRedraw { throw .contradiction(Self.live, Self.formatOption) }
    if isLive, context.canRedraw {
      self = .board(BoardDisplay(terminal: context.terminal))
    } else if format == .text || isLive {
      self = .text(TextDisplay(terminal: context.terminal, namesConference: namesConference))
    } else {
      self = .ndjson
    }
  }
}
