import RollcallCore

/// How a command shows what it has looked up: rows for people, or a line of JSON for each.
struct ListingDisplay: Sendable {
  enum Format: String, CaseIterable, Sendable {
    case table
    case ndjson
  }

  let format: Format
  let look: TerminalLook
  private let namesFile: String?

  /// - Throws: ``UsageError`` for another format, and where names are given that no row would show.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    format = try arguments.choice(.format, of: Format.self) ?? (context.outputIsTerminal ? .table : .ndjson)
    look = context.look
    namesFile = arguments.text(.names)
    guard namesFile == nil || format == .table else {
      throw UsageError("--names is given, and nothing shows names", right: "give --format table too")
    }
  }

  /// What rows call people, and the conferences of events.
  ///
  /// - Throws: ``UsageError`` where the file cannot be read, as ``NamesFile`` says.
  func names() throws(UsageError) -> CurrentNames { try CurrentNames(path: namesFile) }
}
