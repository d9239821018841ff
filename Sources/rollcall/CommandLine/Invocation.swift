/// What a whole command line asks for.
enum Invocation: Sendable {
  case watch(WatchOptions)
  case list(ListOptions)
  case diff(DiffOptions)
  case demo(DemoOptions)
  case simulate(SimulateOptions)
  case listen(ListenOptions)
  case events(EventsOptions)
  case room(RoomOptions)
  case timeline(TimelineOptions)
  case report(ReportOptions)
  case resend(ResendOptions)
  case check(CheckOptions)
  case secret
  /// What rollcall is, for who gives no command.
  case introduction
  /// Help for a command, or for all of them.
  case help(CommandName?)
  /// The man page.
  case manual
  /// The JSON Schema of the events.
  case schema
  case version
  case completions(CompletionShell)

  /// - Parameter arguments: those of the process, without its own name.
  /// - Throws: ``UsageError`` that says what is wrong and what would be right.
  init(_ arguments: [String], in context: CommandContext) throws(UsageError) {
    guard let first = arguments.first else {
      self = .introduction
      return
    }
    guard first != "--help", first != "-h" else {
      self = .help(nil)
      return
    }
    let rest = arguments.dropFirst()
    let command: CommandName = first == "--version" ? .version : try CommandName(argument: first)
    guard !ArgumentParser.asksForHelp(rest) else {
      self = .help(command)
      return
    }
    let parsed = try ArgumentParser.parse(rest, of: .of(command))
    switch command {
    case .watch: self = .watch(try WatchOptions(parsed, context))
    case .list: self = .list(try ListOptions(parsed, context))
    case .diff: self = .diff(try DiffOptions(parsed))
    case .demo: self = .demo(try DemoOptions(parsed, context))
    case .simulate: self = .simulate(try SimulateOptions(parsed))
    case .listen: self = .listen(try ListenOptions(parsed, context))
    case .events: self = .events(try EventsOptions(parsed, context))
    case .room: self = .room(try RoomOptions(parsed, context))
    case .timeline: self = .timeline(try TimelineOptions(parsed, context))
    case .report: self = .report(try ReportOptions(parsed, context))
    case .resend: self = .resend(try ResendOptions(parsed, context))
    case .check: self = .check(try CheckOptions(parsed, context))
    case .secret:
      try parsed.refuseOperands(of: .secret)
      self = .secret
    case .help: self = try Self.help(parsed)
    case .version:
      try parsed.refuseOperands(of: .version)
      self = .version
    case .completions: self = .completions(try CompletionShell(parsed))
    }
  }

  private static func help(_ parsed: ParsedArguments) throws(UsageError) -> Invocation {
    let (man, schema) = (parsed.has(.man), parsed.has(.schema))
    let operands = parsed.operands
    guard operands.count + (man ? 1 : 0) + (schema ? 1 : 0) <= 1 else {
      throw UsageError("help takes one command, --man or --schema", right: "give rollcall help [command]")
    }
    if man { return .manual }
    if schema { return .schema }
    guard let operand = operands.first else { return .help(nil) }
    return .help(try CommandName(argument: operand))
  }
}
