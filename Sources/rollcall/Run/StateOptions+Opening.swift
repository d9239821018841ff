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
      on: loop, path: path, owner: owner, redaction: redaction, epoch: .random(in: .min ... .max), process: getpid()
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
    case .busy: ("end that program's transaction, or start again later", .tryLater)
    case .held: ("give each process a file of its own", .tryLater)
    case .cannotOpen: ("give a file in a directory that can be written", .cannotCreate)
    case .inputOutput: ("look at the disk", .inputOutput)
    }
  }
}

/// What a state file holds for a run to go on with.
struct SavedRooms {
  private(set) var rooms: [ConferenceSID: Room] = [:]
  /// What was told of people's calls.
  private(set) var calls: [ConferenceSID: [SavedRoom.Call]] = [:]
  private(set) var over: Set<ConferenceSID> = []

  /// Reads all of it.
  init(from file: SQLiteStore) async throws(StoreFailure) {
    for saved in try await file.rooms() {
      if saved.head.isOver {
        over.insert(saved.head.conference)
      } else if let room = Room(saved) {
        rooms[saved.head.conference] = room
        calls[saved.head.conference] = saved.calls
      } else {
        throw StoreFailure(.damaged, "a person's record in it cannot be read")
      }
    }
  }
}
