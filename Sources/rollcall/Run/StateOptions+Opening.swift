import RollcallCore
import RollcallKit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension StateOptions {
  /// Opens the file for this run.
  func open(
    on loop: EventLoop, owner: SQLiteStore.Owner, redaction: RedactionChoice?, log: StandardError
  ) async throws(StoreFailure) -> SQLiteStore {
    let (name, seconds) = (InputFile.name(path), SQLiteStore.openingTime.components.seconds)
    return try await SQLiteStore.open(
      on: loop, path: path, owner: owner, redaction: redaction, process: getpid()
    ) {
      log.log(.notice, "another program holds a lock on the state file \(name); waiting up to \(seconds) s for it")
    }
  }

  /// Says why the file cannot be used.
  ///
  /// - Returns: the exit status.
  func report(_ failure: StoreFailure, on log: StandardError) -> Int32 {
    let (right, exit) = advice(for: failure.kind)
    log.report(UsageError("the state file \(InputFile.name(path)): \(failure.reason)", right: right, exit: exit))
    return exit.code
  }

  private func advice(for kind: StoreFailure.Kind) -> (right: String, exit: ExitStatus) {
    switch kind {
    case .full: ("make room, or give another file", .cannotCreate)
    case .damaged: ("give another file, or one from a backup", .damagedData)
    case .newer: ("use that version, or another file", .damagedData)
    case .foreign: ("give each account a file of its own", .configuration)
    case .otherRedaction: ("give the same --redact and key as before, or begin a new file", .configuration)
    case .busy: ("end that program's transaction, or start again later", .tryLater)
    case .held: ("give each process a file of its own", .tryLater)
    case .cannotOpen: ("give a file in a directory that can be written", .cannotCreate)
    case .displaced, .inputOutput: ("look at the disk", .inputOutput)
    }
  }
}
