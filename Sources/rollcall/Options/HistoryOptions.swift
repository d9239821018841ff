import RollcallCore

/// Which part of which stream `timeline` and `report` are about.
struct HistoryOptions: Hashable, Sendable {
  enum Input: Hashable, Sendable {
    case state(StatePath)
    case file(String)
    case standardInput
  }

  let input: Input
  /// nil for all conferences.
  let conference: ConferenceSID?
  let since: Timestamp?
  let until: Timestamp?
  let people: PeopleSelection
  /// The file of names to show; nil where there is none.
  let namesFile: String?

  init(_ arguments: ParsedArguments, _ context: CommandContext, for command: CommandName) throws(UsageError) {
    namesFile = arguments.text(.names)
    people = PeopleSelection(texts: arguments.all(.call))
    let usage = "give --state FILE, a file of events, or - for standard input"
    guard arguments.operands.count <= 1 else {
      throw UsageError("\(command.rawValue) reads one file of events", right: usage)
    }
    guard let operand = arguments.operands.first else {
      guard arguments.has(.state) || context[.state] != nil else {
        throw UsageError("\(command.rawValue) needs events", right: usage)
      }
      input = .state(try StatePath(arguments, context, for: command))
      conference = try arguments.conference()
      (since, until) = try arguments.span(context)
      return
    }
    guard !arguments.has(.state) else {
      throw UsageError("both a state file and \(Quotation.of(operand)) are given", right: "give one of them")
    }
    guard !operand.isEmpty else { throw UsageError("the name of the file is empty", right: usage) }
    input = operand == "-" ? .standardInput : .file(operand)
    conference = try arguments.conference()
    (since, until) = try arguments.span(context)
  }
}
