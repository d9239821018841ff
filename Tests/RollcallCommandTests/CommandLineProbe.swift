import RollcallCore
import Testing

@testable import rollcall

/// Reads command lines as the program does.
enum CommandLineProbe {
  /// When command lines are read, at a place whose clocks show UTC.
  static let now = Timestamp(milliseconds: 1_795_427_000_000)

  static let account = [
    "SIGNALWIRE_SPACE": "example", "SIGNALWIRE_PROJECT_ID": "project-1", "SIGNALWIRE_API_TOKEN": "hush",
  ]

  /// Words with blanks between them.
  static func read(
    _ line: String, environment: [String: String] = account, terminal: Bool = false
  ) throws(UsageError) -> Invocation {
    try read(line.split(separator: " ").map(String.init), environment: environment, terminal: terminal)
  }

  static func read(
    _ arguments: [String], environment: [String: String] = account, terminal: Bool = false
  ) throws(UsageError) -> Invocation {
    try Invocation(arguments, in: CommandContext(environment: environment, outputIsTerminal: terminal, now: now))
  }

  static func watch(_ line: String, environment: [String: String] = account) throws -> WatchOptions {
    guard case .watch(let options) = try read(line, environment: environment) else { throw Mismatch() }
    return options
  }

  static func list(_ line: String, terminal: Bool = false) throws -> ListOptions {
    guard case .list(let options) = try read(line, terminal: terminal) else { throw Mismatch() }
    return options
  }

  /// The error of a command line; nil where it has none.
  static func error(_ arguments: [String], environment: [String: String] = account) -> UsageError? {
    do throws(UsageError) {
      _ = try read(arguments, environment: environment)
      return nil
    } catch {
      return error
    }
  }

  /// Another command was read than the test meant.
  struct Mismatch: Error {}
}

/// Swift Testing has a type of that name too; the tests mean the command's.
typealias ExitStatus = rollcall.ExitStatus
