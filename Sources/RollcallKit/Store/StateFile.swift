import RollcallCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The file of a stream before anything is asked of SQLite: held by one process, and of the right kind.
///
/// The descriptor stays open as long as the process lives: closing it would drop the locks of SQLite's own.
struct StateFile: ~Copyable {
  private static let magic = Array("SQLite format 3\0".utf8)
  private static let headerBytes = 100
  private static let pageSizeAt = 16
  private static let versionAt = 60
  private static let applicationAt = 68
  private static let permissions: mode_t = 0o600

  /// Where the path of the open file leads.
  enum Place {
    case here
    /// Nowhere.
    case gone
    /// To another file.
    case elsewhere
  }

  private let path: String
  private let descriptor: Int32
  /// Whether there is nothing in it yet.
  let isNew: Bool

  /// Opens the file, or makes it, and holds it for this process.
  ///
  /// - Throws: ``StoreFailure``; the file is as it was then.
  init(holding path: String) throws(StoreFailure) {
    let descriptor = unsafe open(
      SystemPath.bytes(of: path), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, Self.permissions)
    guard descriptor >= 0 else { throw Self.openFailure(errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw StoreFailure(.held, "another process has it")
    }
    do throws(StoreFailure) {
      isNew = try Self.checkHeader(descriptor, hasLog: Self.hasLog(path))
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.path = path
  }

  /// Where its path leads now: somebody may have deleted, renamed or replaced it. What cannot be found out counts as here.
  var place: Place {
    var (own, found) = (stat(), stat())
    guard unsafe fstat(descriptor, &own) == 0 else { return .here }
    guard unsafe stat(SystemPath.bytes(of: path), &found) == 0 else {
      return errno == ENOENT || errno == ENOTDIR ? .gone : .here
    }
    return own.st_dev == found.st_dev && own.st_ino == found.st_ino ? .here : .elsewhere
  }

  /// Looks at a file that somebody else may hold.
  static func check(reading path: String) throws(StoreFailure) {
    let descriptor = unsafe open(SystemPath.bytes(of: path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw openFailure(errno, verb: "read") }
    defer { close(descriptor) }
    if try checkHeader(descriptor, hasLog: hasLog(path)) { throw StoreFailure(.damaged, "it is empty") }
  }

  private static func openFailure(_ number: Int32, verb: String = "write") -> StoreFailure {
    let reason =
      switch number {
      case ENOENT: "there is no such directory or file"
      case EISDIR: "it is a directory"
      case EACCES, EPERM: "this user may not \(verb) it"
      case EROFS: "its disk is read-only"
      case ENOSPC: "there is no room on the disk"
      default: "it cannot be opened (errno \(number))"
      }
    return StoreFailure(.cannotOpen, reason)
  }

  /// Whether something has not been brought into the file yet.
  private static func hasLog(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(SystemPath.bytes(of: path + "-wal"), &status) == 0 && status.st_size > 0
  }

  /// - Returns: whether the file is empty.
  private static func checkHeader(_ descriptor: Int32, hasLog: Bool) throws(StoreFailure) -> Bool {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw openFailure(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw StoreFailure(.cannotOpen, "it is no regular file") }
    guard status.st_size > 0 else { return true }
    var header = [UInt8](repeating: 0, count: headerBytes)
    let count = unsafe header.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == headerBytes, header.starts(with: magic) else {
      throw StoreFailure(.damaged, "it is no state file")
    }
    // A page that a full disk has cut short is whole in the log; without one, SQLite would fill it up with zeros.
    let pageSize = Int64(number(in: header, at: pageSizeAt) >> 16)
    guard hasLog || pageSize <= 1 || Int64(status.st_size) % pageSize == 0 else {
      throw StoreFailure(.damaged, "it is damaged: its end is missing")
    }
    let (application, version) = (number(in: header, at: applicationAt), number(in: header, at: versionAt))
    // A process that was killed while it made the tables left neither.
    if application == 0, version == 0 { return false }
    try StateSchema.check(application: Int64(application), version: Int64(version))
    return false
  }

  private static func number(in header: [UInt8], at offset: Int) -> Int32 {
    header[offset..<offset + 4].reduce(0) { $0 << 8 | Int32($1) }
  }

  deinit { close(descriptor) }
}
