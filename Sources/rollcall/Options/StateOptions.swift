import RollcallCore
import RollcallKit

/// The state file of a watch, and how long it keeps events.
struct StateOptions: Hashable, Sendable {
  static let state = Option(
    "state", .file, fallback: EnvironmentVariable.state.rawValue,
    help: "keep events and rooms in this file across restarts")
  static let keep = Option(
    "keep", .duration(in: Watch.histories), default: .hours(720),
    help: "how long delivered events are kept in the state file")

  static let group = OptionGroup("State", [state, keep])

  let path: String
  let keep: Duration

  /// - Returns: nil without a state file.
  init?(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    guard let path = try arguments[Self.state] ?? context[.state] else {
      guard !arguments.has(Self.keep) else {
        throw UsageError("--keep needs a state file", right: "give --state FILE too")
      }
      return nil
    }
    self.path = path
    keep = try arguments[Self.keep]
  }
}

/// The state file of a command that reads it, possibly while a watch writes it.
struct StatePath: Hashable, Sendable {
  static let option = Option(
    "state", .file, fallback: EnvironmentVariable.state.rawValue, help: "the state file of rollcall watch")

  let path: String

  init(_ path: String) { self.path = path }

  /// - Parameter other: what users without a state file can do.
  /// - Throws: ``UsageError`` if none is named.
  init(
    _ arguments: ParsedArguments, _ context: CommandContext, for command: String, otherwise other: String? = nil
  ) throws(UsageError) {
    guard let path = try Self.given(arguments, context) else {
      let other = other.map { "; \($0)" } ?? ""
      throw UsageError(
        "\(command) needs a state file", right: "give --state FILE or set ROLLCALL_STATE, as for watch\(other)")
    }
    self.path = path
  }

  /// Returns the path that an option or the environment names; nil if neither does.
  static func given(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) -> String? {
    try arguments[option] ?? context[.state]
  }

  /// Opens the file, which must exist.
  ///
  /// - Throws: ``UsageError`` that says why it cannot be read.
  func open() throws(UsageError) -> StateReader {
    do throws(StoreFailure) {
      return try StateReader(path: path)
    } catch {
      throw refusal(error)
    }
  }

  /// Returns why the file is unreadable.
  func refusal(_ failure: StoreFailure) -> UsageError {
    let (right, exit): (String, ExitStatus) =
      switch failure.kind {
      case .cannotOpen: ("give a file that rollcall watch --state has written", .noInput)
      case .damaged: ("give a file that rollcall watch --state has written, or one from a backup", .damagedData)
      case .newer: ("use that version", .damagedData)
      case .inUse, .busy: ("try again later", .tryLater)
      case .otherRedaction: ("give the key file that the watch was given", .configuration)
      case .full, .foreign, .displaced, .inputOutput: ("check the disk", .inputOutput)
      }
    return UsageError("the state file \(InputFile.name(path)): \(failure.reason)", right: right, exit: exit)
  }
}
