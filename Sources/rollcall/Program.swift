import RollcallCore
import RollcallKit

/// Runs one command line, from its arguments to its exit status.
enum Program {
  /// - Parameter arguments: the name of the program first; empty where the system does not say.
  static func run(_ arguments: [String]) -> Int32 {
    StandardDescriptors.occupy()
    Signals.ignoreBrokenPipes()
    let errors = StandardError(LogOptions())
    do throws(UsageError) {
      guard !arguments.isEmpty else {
        throw UsageError("the system does not say what the arguments are", right: "mount /proc", exit: .internalError)
      }
      let invocation = try Invocation(Array(arguments.dropFirst()), in: .current())
      return try perform(invocation)
    } catch {
      errors.report(error)
      return error.exit.code
    }
  }

  private static func perform(_ invocation: Invocation) throws(UsageError) -> Int32 {
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
    case .watch(let options): return try WatchCommand(options).run()
    case .list(let options): return try ListCommand(options).run()
    case .diff(let options): return try DiffCommand(options).run()
    case .demo(let options): return try DemoCommand(options).run()
    case .simulate(let options): return try SimulateCommand(options).run()
    case .listen(let options): return try ListenCommand(options).run()
    case .events(let options): return try EventsCommand(options).run()
    case .room(let options): return try RoomCommand(options).run()
    case .timeline(let options): return try TimelineCommand(options).run()
    case .report(let options): return try ReportCommand(options).run()
    case .resend(let options): return try ResendCommand(options).run()
    case .check(let options): return try CheckCommand(options).run()
    case .secret:
      try StandardOutput.write(SecretCommand.text() + "\n")
      return ExitStatus.done.code
    }
  }
}
