import CArguments
import CTerminal
import RollcallCore
import RollcallKit

/// Runs one command line, from its arguments to its exit status.
enum Program {
  /// - Parameter arguments: the name of the program first; empty where the system does not say.
  static func run(_ arguments: [String]) -> Int32 {
    carguments_keep_memory()
    StandardDescriptors.occupy()
    Signals.ignoreBrokenPipes()
    Signals.ignoreFileSizeLimits()
    let status = perform(arguments)
    LogOutput.usual.finish()
    if status == ExitStatus.readerGone.code { Signals.endByBrokenPipe() }
    return status
  }

  private static func perform(_ arguments: [String]) -> Int32 {
    do throws(UsageError) {
      guard !arguments.isEmpty else {
        throw UsageError("the system does not say what the arguments are", right: "mount /proc", exit: .internalError)
      }
      let arguments = Array(arguments.dropFirst())
      // Before anything is opened or read, which may take its time.
      let signals = try signals(for: arguments)
      return try perform(try Invocation(arguments, in: .current()), until: signals)
    } catch {
      StandardError(LogOptions(ofUnchecked: arguments)).report(error)
      return error.exit.code
    }
  }

  /// Takes signals over for a command that ends in its own way; others end as the system has it.
  private static func signals(for arguments: [String]) throws(UsageError) -> Signals {
    guard let early = arguments.first.flatMap(CommandName.init(rawValue:))?.statusIfNotBegun(with: arguments) else {
      return .unclaimed
    }
    guard let signals = Signals.takeOver(statusBeforeStart: early.code, restoring: cterminal_end) else {
      throw UsageError(
        "signals cannot be handled, because the system has no thread for that", right: "raise the limit of processes",
        exit: .internalError)
    }
    return signals
  }

  private static func perform(_ invocation: Invocation, until signals: Signals) throws(UsageError) -> Int32 {
    switch invocation {
    case .introduction:
      try StandardOutput.write(Help.introduction)
      return ExitStatus.done.code
    case .help(let command):
      try StandardOutput.write(Help.text(for: command))
      return ExitStatus.done.code
    case .manual:
      try StandardOutput.write(ManualPage.text)
      return ExitStatus.done.code
    case .schema:
      try StandardOutput.write(EventSchema.text)
      return ExitStatus.done.code
    case .version:
      try StandardOutput.write(Version.text)
      return ExitStatus.done.code
    case .completions(let shell):
      try StandardOutput.write(Completions.script(for: shell))
      return ExitStatus.done.code
    case .watch(let options): return try WatchCommand(options).run(until: signals)
    case .list(let options): return try ListCommand(options).run()
    case .diff(let options): return try DiffCommand(options).run()
    case .demo(let options): return try DemoCommand(options).run(until: signals)
    case .simulate(let options): return try SimulateCommand(options).run(until: signals)
    case .listen(let options): return try ListenCommand(options).run(until: signals)
    case .events(let options): return try EventsCommand(options).run(until: signals)
    case .room(let options): return try RoomCommand(options).run()
    case .timeline(let options): return try TimelineCommand(options).run()
    case .report(let options): return try ReportCommand(options).run()
    case .resend(let options): return try ResendCommand(options).run(until: signals)
    case .check(let options): return try CheckCommand(options).run()
    case .secret:
      try StandardOutput.write(SecretCommand.text() + "\n")
      return ExitStatus.done.code
    }
  }
}
