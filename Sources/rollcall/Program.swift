import CArguments
import CTerminal
import Libc
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
        throw UsageError(
          "the system does not provide the arguments of this process", right: "mount /proc", exit: .internalError)
      }
      let arguments = Array(arguments.dropFirst())
      // Before anything is opened or read, which may take its time.
      let signals = try signals(for: arguments)
      let command = try Commands.read(arguments, in: .current())
      if type(of: command).opensFiles { try checkOpenFileLimit() }
      return try command.run(until: signals)
    } catch {
      StandardError(LogOptions(ofUnchecked: arguments)).report(error)
      return error.exit.code
    }
  }

  /// The descriptors that a watch of one conference with a state file needs, and some for more connections.
  private static let leastOpenFiles = 32

  private static func checkOpenFileLimit() throws(UsageError) {
    let limit = sysconf(Int32(_SC_OPEN_MAX))
    guard limit < 0 || limit >= leastOpenFiles else {
      throw UsageError(
        "this process may open only \(limit) files at a time",
        right: "raise the limit (ulimit -n) to at least \(leastOpenFiles)", exit: .configuration)
    }
  }

  /// Takes signals over for a command that ends in its own way; others end as the system has it.
  private static func signals(for arguments: [String]) throws(UsageError) -> Signals {
    guard let early = arguments.first.flatMap(Commands.named)?.statusIfNotBegun(with: arguments) else {
      return .unclaimed
    }
    // A command that a signal ends has the status of the signal that arrives.
    let status: Int32? = if case .signal = early { nil } else { early.code }
    guard let signals = Signals.takeOver(statusBeforeStart: status, restoring: cterminal_end) else {
      throw UsageError(
        "signals cannot be handled, because no thread could be started", right: "raise the limit of processes",
        exit: .internalError)
    }
    return signals
  }
}
