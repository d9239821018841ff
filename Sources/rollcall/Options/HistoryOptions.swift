import RollcallCore

/// The stream that `timeline` and `report` read, and the part of it to show.
struct HistoryOptions: Hashable, Sendable {
  enum Input: Hashable, Sendable {
    case state(StatePath)
    case file(String)
    case standardInput
  }

  static let conference = Option("conference", .conferenceSID, fallback: "all", help: "only this conference")
  static let since = Option("since", .moment(), help: "only from this time on")
  static let until = Option("until", .moment(showsExamples: false), help: "only up to this time")

  static let people = Option(
    repeated: "call", .text("WHO"),
    help: "only this participant: a call sid or its beginning, a name, a label or an address")

  /// The options of `timeline` and `report`.
  static let all: [any OptionDeclaration] = [StatePath.option, conference, people, since, until, DisplayOptions.names]

  let input: Input
  /// nil for all conferences.
  let conference: ConferenceSID?
  let since: Timestamp?
  let until: Timestamp?
  let people: PeopleSelection
  /// The file of names to show; nil if there is none.
  let namesFile: String?

  init(_ arguments: ParsedArguments, _ context: CommandContext, for command: String) throws(UsageError) {
    namesFile = try arguments[DisplayOptions.names]
    people = PeopleSelection(texts: try arguments[Self.people])
    conference = try arguments[Self.conference]
    (since, until) = try Self.span(arguments)
    let usage = "give --state FILE, a file of events, or - for standard input"
    guard arguments.operands.count <= 1 else {
      throw UsageError("\(command) reads one file of events", right: usage)
    }
    guard let operand = arguments.operands.first else {
      guard arguments.has(StatePath.option) || context[.state] != nil else {
        throw UsageError("\(command) needs events", right: usage)
      }
      input = .state(try StatePath(arguments, context, for: command))
      return
    }
    guard !arguments.has(StatePath.option) else {
      throw UsageError("both a state file and \(Quotation.of(operand)) are given", right: "give one of them")
    }
    guard !operand.isEmpty else { throw UsageError("the name of the file is empty", right: usage) }
    input = operand == "-" ? .standardInput : .file(operand)
  }

  /// Throws if writing to a path would replace something that is read.
  func check(output path: String) throws(UsageError) {
    var files = [namesFile].compactMap(\.self)
    switch input {
    case .state(let state): files += ["", "-wal", "-shm"].map { state.path + $0 }
    case .file(let path): files.append(path)
    case .standardInput: break
    }
    try OutputFile.check(path, against: files, readsStandardInput: input == .standardInput)
  }

  /// Returns the bounds given by `--since` and `--until`; nil for no limit.
  static func span(_ arguments: ParsedArguments) throws(UsageError) -> (since: Timestamp?, until: Timestamp?) {
    let (since, until) = (try arguments[Self.since], try arguments[Self.until])
    if let since, let until, until < since {
      throw UsageError(
        "--until \(until.rfc3339) is before --since \(since.rfc3339)", right: "give a later --until, or swap them")
    }
    return (since, until)
  }
}
