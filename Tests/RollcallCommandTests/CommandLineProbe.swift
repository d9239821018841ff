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
  ) throws(UsageError) -> any Command {
    try read(line.split(separator: " ").map(String.init), environment: environment, terminal: terminal)
  }

  static func read(
    _ arguments: [String], environment: [String: String] = account, terminal: Bool = false
  ) throws(UsageError) -> any Command {
    try Commands.read(arguments, in: CommandContext(environment: environment, outputIsTerminal: terminal, now: now))
  }

  /// The command of a line, which has to be of that type.
  static func command<Expected: Command>(
    _ type: Expected.Type, _ line: String, environment: [String: String] = account, terminal: Bool = false
  ) throws -> Expected {
    guard let command = try read(line, environment: environment, terminal: terminal) as? Expected else {
      throw Mismatch()
    }
    return command
  }

  static func watch(_ line: String, environment: [String: String] = account) throws -> WatchOptions {
    try command(WatchCommand.self, line, environment: environment).options
  }

  static func list(_ line: String, terminal: Bool = false) throws -> ListCommand {
    try command(ListCommand.self, line, terminal: terminal)
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
