import Libc
import Testing

@testable import RollcallKit

/// A descriptor to write to, and its other end, which is read only on request.
final class StalledOutput: Sendable {
  enum Kind: CaseIterable, Sendable {
    case pipe
    case socket
    case terminal
    /// A pipe that cannot be opened again.
    case threadedPipe
    case threadedTerminal

    var isThreaded: Bool { self == .threadedPipe || self == .threadedTerminal }
  }

  let output: NonblockingOutput
  let writer: Int32
  let reader: Int32

  init(_ kind: Kind) throws {
    (reader, writer) =
      switch kind {
      case .pipe, .threadedPipe: try Self.pipe()
      case .socket: try Self.socket()
      case .terminal, .threadedTerminal: try Self.terminal()
      }
    output = kind.isThreaded ? NonblockingOutput(threadFor: writer) : NonblockingOutput(writer)
  }

  deinit {
    close(reader)
    close(writer)
  }

  private static func pipe() throws -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    let status = unsafe systemPipe(&ends)
    try #require(status == 0)
    return (ends[0], ends[1])
  }

  private static func socket() throws -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    #if canImport(Glibc)
      let kind = Int32(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    let status = unsafe socketpair(AF_UNIX, kind, 0, &ends)
    try #require(status == 0)
    return (ends[0], ends[1])
  }

  private static func terminal() throws -> (reader: Int32, writer: Int32) {
    #if canImport(Darwin)
      let reader = posix_openpt(O_RDWR | O_NOCTTY)
      try #require(reader >= 0 && grantpt(reader) == 0 && unlockpt(reader) == 0)
      let name = try #require(unsafe ptsname(reader).map { unsafe String(cString: $0) })
    #else
      // `TIOCSPTLCK` and `TIOCGPTN` of Linux, whose overlay lacks the functions for this.
      let (unlock, number): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
      let reader = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
      var (isLocked, place): (Int32, Int32) = (0, 0)
      let isOpen = unsafe reader >= 0 && ioctl(reader, unlock, &isLocked) == 0 && ioctl(reader, number, &place) == 0
      try #require(isOpen)
      let name = "/dev/pts/\(place)"
    #endif
    let writer = unsafe open(name, O_RDWR | O_NOCTTY)
    try #require(writer >= 0)
    var settings = termios()
    _ = unsafe tcgetattr(writer, &settings)
    // Turns off the translation of newlines.
    unsafe cfmakeraw(&settings)
    _ = unsafe tcsetattr(writer, TCSANOW, &settings)
    return (reader, writer)
  }

  /// Reads what is available, at least one byte.
  func read() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe systemRead(reader, &bytes, bytes.count)
    return Array(bytes.prefix(max(count, 0)))
  }

  /// Reads `count` bytes, or fewer if the other end closes.
  func read(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more = read()
      guard !more.isEmpty else { break }
      bytes += more
    }
    return bytes
  }

  /// Whether there is no room left.
  var isFull: Bool {
    var entry = pollfd(fd: writer, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&entry, 1, 0) == 0
  }

  /// Whether writes by other owners of the descriptor still block.
  var isShared: Bool { fcntl(writer, F_GETFL) & O_NONBLOCK == 0 }
}

private func systemPipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 { unsafe pipe(ends) }

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  unsafe read(descriptor, buffer, count)
}
