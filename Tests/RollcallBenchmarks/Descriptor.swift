import Libc

/// The few calls on descriptors that the benchmark needs.
enum Descriptor {
  private static let chunkSize = 64 << 10

  /// Returns both ends of a new pipe, which are closed on exec; nil if the system has none.
  static func pipe() -> (reader: Int32, writer: Int32)? {
    var ends: [Int32] = [-1, -1]
    guard unsafe systemPipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe systemWrite(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { return }
      rest = rest.dropFirst(max(0, count))
    }
  }

  /// Waits for bytes and returns those that are there; empty at the end.
  static func read(_ descriptor: Int32) -> [UInt8] {
    var chunk = [UInt8](repeating: 0, count: chunkSize)
    while true {
      let count = unsafe systemRead(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      return Array(chunk[..<max(0, count)])
    }
  }

  /// Reads and discards everything.
  static func drain(_ descriptor: Int32) {
    var chunk = [UInt8](repeating: 0, count: chunkSize)
    while true {
      let count = unsafe systemRead(descriptor, &chunk, chunk.count)
      guard count > 0 || count < 0 && errno == EINTR else { return }
    }
  }

  /// Returns the text of a file that has no size, such as those in `/proc`; empty if it is unreadable.
  static func text(of path: String) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    return String(decoding: read(descriptor), as: UTF8.self)
  }
}

private func systemPipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 { unsafe pipe(ends) }

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}

private func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
  unsafe read(descriptor, bytes, count)
}
