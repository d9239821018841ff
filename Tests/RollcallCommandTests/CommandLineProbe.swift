import RollcallCore
import Testing

@testable import rollcall

/// Reads command lines as the program does.
enum CommandLineProbe {
  /// The time at which command lines are read, in the time zone UTC.
  static let now = Timestamp(milliseconds: 1_795_427_000_000)

  static let account = [
    "SIGNALWIRE_SPACE": "example", "SIGNALWIRE_PROJECT_ID": "project-1", "SIGNALWIRE_API_TOKEN": "hush",
  ]

  /// Reads a command line whose words are separated by blanks.
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

  /// Returns the command of a line, which must have that type.
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

  /// Returns the error of a command line; nil if it has none.
  static func error(_ arguments: [String], environment: [String: String] = account) -> UsageError? {
    do throws(UsageError) {
      _ = try read(arguments, environment: environment)
      return nil
    } catch {
      return error
    }
  }

  /// The line gave another command than the test expected.
  struct Mismatch: Error {}
}

/// The command's type; Swift Testing has one of the same name.
typealias ExitStatus = rollcall.ExitStatus
