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
    on loop: EventLoop, owner: SQLiteStore.Owner, redaction: RedactionChoice?
  ) async throws(StoreFailure) -> SQLiteStore {
    try SQLiteStore(
      on: loop, path: path, owner: owner, redaction: redaction, epoch: .random(in: .min ... .max), process: getpid())
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
    case .held: ("give each process a file of its own", .tryLater)
    case .cannotOpen: ("give a file in a directory that can be written", .cannotCreate)
    case .inputOutput: ("look at the disk", .inputOutput)
    }
  }
}
