import Libc
import RollcallCore

/// The contents of a file that a user named, up to a maximum size.
///
/// The file is regular or, if the caller accepts that, a pipe such as a shell's `<(…)`. Opening it never waits for a
/// writer: a FIFO without one is an error.
package struct NamedFile: Sendable {
  /// How long a pipe may stay silent before it is abandoned.
  package static let maximumSilence: Duration = .seconds(60)
  /// How long reading a pipe may take, even if its writer is never silent for long.
  package static let maximumTime: Duration = .seconds(300)
  private static let chunk = 64 << 10

  /// How to treat a pipe.
  package enum Pipes: Sendable {
    /// Reads the pipe to its end, which blocks the thread while the writer is silent. Not for use on the loop.
    case awaited(for: Duration = NamedFile.maximumSilence)
    /// Throws, because a pipe can be read only once and waiting for it would block the loop.
    case refused
  }

  /// The contents without a byte order mark.
  package let bytes: [UInt8]
  package let isReadableByOthers: Bool
  package let isWritableByOthers: Bool

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - maximum: the maximum size, in bytes.
  ///   - now: returns the current time, to limit how long reading a pipe takes.
  /// - Throws: ``NamedFileFailure``.
  package init(
    _ path: String, maximum: Int, pipes: Pipes, now: () -> BootInstant = { .now }
  ) throws(NamedFileFailure) {
    // Checked before opening, because opening a device may start it, and opening a FIFO unblocks its writer.
    var status = stat()
    guard unsafe stat(SystemPath.bytes(of: path), &status) == 0 else { throw .cannotOpen(errno) }
    _ = try Self.isPipe(status, pipes)
    let descriptor = unsafe open(SystemPath.bytes(of: path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw .cannotOpen(errno) }
    defer { close(descriptor) }
    guard unsafe fstat(descriptor, &status) == 0 else { throw .cannotRead(errno) }
    let isPipe = try Self.isPipe(status, pipes)
    // On systems where opening /dev/fd/N duplicates the descriptor, the duplicate has the flags of the original.
    if isPipe { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
    let bytes = try Self.read(descriptor, maximum: maximum, pipes, now)
    if isPipe, bytes.isEmpty { throw .emptyPipe }
    self.bytes = ByteOrderMark.dropped(from: bytes)
    isReadableByOthers = status.st_mode & 0o044 != 0
    isWritableByOthers = status.st_mode & 0o022 != 0
  }

  /// - Returns: true for a pipe, false for a regular file.
  private static func isPipe(_ status: stat, _ pipes: Pipes) throws(NamedFileFailure) -> Bool {
    switch status.st_mode & S_IFMT {
    case S_IFREG: return false
    case S_IFIFO:
      if case .refused = pipes { throw .pipe }
      return true
    case S_IFDIR: throw .directory
    default: throw .device
    }
  }

  private static func read(
    _ descriptor: Int32, maximum: Int, _ pipes: Pipes, _ now: () -> BootInstant
  ) throws(NamedFileFailure) -> [UInt8] {
    let end = now().advanced(by: maximumTime)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: chunk)
    while true {
      let count = unsafe systemRead(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN, case .awaited(let silence) = pipes {
        let left = now().duration(to: end)
        guard left > .zero else { throw .slowPipe(maximumTime) }
        guard try hasData(descriptor, within: min(silence, left)) else {
          throw left < silence ? .slowPipe(maximumTime) : .silentPipe(silence)
        }
        continue
      }
      guard count >= 0 else { throw .cannotRead(errno) }
      guard count > 0 else { return bytes }
      guard bytes.count + count <= maximum else { throw .tooLong(maximum: maximum) }
      bytes += buffer[..<count]
    }
  }

  private static func hasData(_ pipe: Int32, within time: Duration) throws(NamedFileFailure) -> Bool {
    var entry = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
    while true {
      let count = unsafe poll(&entry, 1, Int32(clamping: time.wholeMilliseconds + 1))
      if count >= 0 { return count > 0 }
      guard errno == EINTR else { throw .cannotRead(errno) }
    }
  }
}

/// Calls `read(2)`, whose name the method above shadows.
@unsafe private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  unsafe read(descriptor, buffer, count)
}

/// Why a file that a user named could not be read.
package enum NamedFileFailure: Error, Hashable, Sendable {
  /// The file cannot be opened, with the `errno`.
  case cannotOpen(Int32)
  /// The file cannot be read, with the `errno`.
  case cannotRead(Int32)
  case directory
  /// Neither a regular file nor a pipe nor a directory.
  case device
  /// A pipe where only a regular file can be read.
  case pipe
  /// No process had the other end open, or it wrote nothing.
  case emptyPipe
  /// The writer was silent for this long.
  case silentPipe(Duration)
  /// The writer was not done after this long.
  case slowPipe(Duration)
  case tooLong(maximum: Int)

  /// The problem, as a predicate for the file's name.
  package var problem: String {
    switch self {
    case .cannotOpen(let number): "cannot be opened (\(SystemReason.text(number)))"
    case .cannotRead(let number): "cannot be read (\(SystemReason.text(number)))"
    case .directory: "is a directory"
    case .device: "is a device"
    case .pipe: "is a pipe, which can be read only once, at the start"
    case .emptyPipe: "is an empty pipe without a writer"
    case .silentPipe(let silence): "is a pipe without data for \(DurationText.format(silence))"
    case .slowPipe(let time): "is a pipe that did not end within \(DurationText.format(time))"
    case .tooLong(let maximum): "is longer than \(Self.size(maximum))"
    }
  }

  /// What to do about it.
  package var remedy: String {
    switch self {
    case .cannotOpen(ENOENT): "give a file that exists"
    case .cannotOpen, .cannotRead: "give a readable file"
    case .directory, .device, .pipe, .emptyPipe, .silentPipe, .slowPipe: "give a regular file"
    case .tooLong: "give a smaller file"
    }
  }

  private static func size(_ bytes: Int) -> String {
    bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
  }
}

/// Identifies the state of a regular file, to detect changes without reading it.
package struct FileStamp: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  private let size: Int64
  private let modifiedSeconds: Int64
  private let modifiedNanoseconds: Int64

  /// - Returns: nil if the path does not lead to a regular file.
  package init?(_ path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
    size = Int64(status.st_size)
    #if canImport(Darwin)
      let modified = status.st_mtimespec
    #else
      let modified = status.st_mtim
    #endif
    (modifiedSeconds, modifiedNanoseconds) = (Int64(modified.tv_sec), Int64(modified.tv_nsec))
  }
}
