import RollcallCore
import RollcallKit

/// The state file of a command that reads one beside the watch that writes it.
struct StatePath: Hashable, Sendable {
  let path: String

  /// - Throws: ``UsageError`` where none is named.
  init(_ arguments: ParsedArguments, _ context: CommandContext, for command: CommandName) throws(UsageError) {
    guard let path = arguments.text(.state) ?? context[.state] else {
      throw UsageError(
        "\(command.rawValue) needs a state file", right: "give --state FILE or set ROLLCALL_STATE, as for watch")
    }
    self.path = path
  }

  /// Opens the file, which has to be there.
  ///
  /// - Throws: ``UsageError`` that says why it cannot be read.
  func open() throws(UsageError) -> StateReader {
    do throws(StoreFailure) {
      return try StateReader(path: path)
    } catch {
      throw refusal(error)
    }
  }

  /// Why the file cannot be read.
  func refusal(_ failure: StoreFailure) -> UsageError {
    let (right, exit): (String, ExitStatus) =
      switch failure.kind {
      case .cannotOpen: ("give the file that rollcall watch --state has made", .noInput)
      case .damaged: ("give the file that rollcall watch --state has made, or one from a backup", .damagedData)
      case .newer: ("use that version", .damagedData)
      case .inUse, .busy: ("try again later", .tryLater)
      case .full, .foreign, .otherRedaction, .displaced, .inputOutput: ("look at the disk", .inputOutput)
      }
    return UsageError("the state file \(InputFile.name(path)): \(failure.reason)", right: right, exit: exit)
  }
}
