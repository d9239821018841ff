import Libc
import RollcallCore

@testable import RollcallKit

/// A directory with a state file, on a loop of its own.
final class StateFolder: Sendable {
  static let owner = SQLiteStore.Owner(origin: "https://example.signalwire.com", account: "p")

  let loop: EventLoop
  let path: String

  /// Runs a body on the loop of a folder that is deleted afterwards.
  ///
  /// - Parameter isSimulated: whether the loop has simulated time; SQLite then runs on the loop.
  static func use(
    inSimulatedTime isSimulated: Bool = false, _ body: @escaping @Sendable (StateFolder) async throws -> Void
  ) async throws {
    guard let folder = StateFolder(isSimulated) else { throw StoreFailure(.cannotOpen, "no directory for a test") }
    defer { folder.remove() }
    try await Task(executorPreference: folder.loop) { try await body(folder) }.value
  }

  private init?(_ isSimulated: Bool) {
    loop = EventLoop(time: isSimulated ? SimulatedTime(wallClock: Timestamp(milliseconds: 1_795_442_400_000)) : nil)
    var template = Array("/tmp/rollcall-state-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { bytes in
      unsafe bytes.baseAddress.map { unsafe mkdtemp($0) != nil } ?? false
    }
    guard made else { return nil }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    loop.startThread()
  }

  private func remove() {
    loop.stop()
    for name in ["state", "image"] {
      for end in ["", "-wal", "-shm", "-journal"] { unsafe unlink(file(name) + end) }
    }
    unsafe rmdir(path)
  }

  func file(_ name: String) -> String { path + "/" + name }

  /// - Parameter epoch: the epoch of the run; nil to derive it from its start.
  func open(
    _ name: String = "state", owner: SQLiteStore.Owner = owner, redaction: RedactionChoice? = nil,
    epoch: UInt64? = 7, onLock: @escaping @Sendable () -> Void = {}
  ) async throws(StoreFailure) -> SQLiteStore {
    try await SQLiteStore.open(
      on: loop, path: file(name), owner: owner, redaction: redaction, epoch: epoch, process: getpid(),
      onLock: onLock)
  }

  /// Opens a copy of the files that a process killed now would leave behind.
  func openImage(redaction: RedactionChoice? = nil, epoch: UInt64? = 8) async throws -> SQLiteStore {
    for end in ["", "-wal"] {
      let bytes = try contents(of: file("state") + end)
      let descriptor = systemOpen(file("image") + end, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      defer { close(descriptor) }
      let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
      guard count == bytes.count else { throw StoreFailure(.inputOutput, "no image") }
    }
    return try await open("image", redaction: redaction, epoch: epoch)
  }

  /// Returns the number of transactions in the log.
  func transactions() throws -> Int {
    let log = try contents(of: file("state") + "-wal")
    let (header, frame) = (32, 24 + 4096)
    // Only the last frame of a transaction contains the resulting number of pages.
    return stride(from: header, to: log.count - frame + 1, by: frame).count { log[$0 + 4..<$0 + 8] != [0, 0, 0, 0] }
  }

  /// Returns all bytes of the file and its log.
  func everything() -> [UInt8] {
    ["", "-wal"].flatMap { (try? contents(of: file("state") + $0)) ?? [] }
  }

  /// Returns the bytes of any file.
  func contents(of path: String) throws -> [UInt8] {
    let descriptor = systemOpen(path, O_RDONLY)
    guard descriptor >= 0 else { throw StoreFailure(.inputOutput, "no file") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
    }
  }
}

extension SQLiteStore {
  /// Makes the disk full, or gives it room again.
  func limitPages(_ isFull: Bool) throws {
    let pages = try open().database.integer("PRAGMA page_count") ?? 0
    try open().database.execute("PRAGMA max_page_count = \(isFull ? pages : 1_000_000)")
  }

  /// Writes invalid JSON as call details.
  func spoilCalls() throws { try open().database.execute("UPDATE person SET call = '{\"from\"'") }

  /// Returns the value of one of SQLite's settings.
  func setting(_ name: String) throws -> Int64? { try open().database.integer("PRAGMA \(name)") }

  /// Returns whether statements run on the loop's thread.
  func isOnLoop() -> Bool { loop.isCurrent }

  func count(_ table: String) throws -> Int64 { try open().database.integer("SELECT count(*) FROM \(table)") ?? -1 }
}

private func systemOpen(_ path: String, _ flags: Int32, _ mode: mode_t = 0) -> Int32 { unsafe open(path, flags, mode) }
