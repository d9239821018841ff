#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads a whole file that a user named, up to a bound.
enum InputFile {
  /// The name of a file in errors.
  static func name(_ path: String) -> String { Quotation.of(path) }

  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// Whether the path leads to a pipe or a device: what was read of it is gone, and opening it may wait for a writer.
  static func isStream(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG && status.st_mode & S_IFMT != S_IFDIR
  }

  /// - Parameters:
  ///   - name: what errors call it.
  ///   - maximum: bytes at the most.
  ///   - excess: the status where it is longer.
  /// - Throws: ``UsageError`` with ``ExitStatus/noInput`` where there is no such file, or it cannot be read.
  static func bytes(
    of path: String, named name: String, maximum: Int, excess: ExitStatus = .damagedData
  ) throws(UsageError) -> [UInt8] {
    let descriptor = try opened(path, named: name)
    defer { close(descriptor) }
    return try bytes(at: descriptor, named: name, maximum: maximum, excess: excess)
  }

  /// A descriptor to read it from, which the caller closes.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/noInput`` and the system's reason.
  static func opened(_ path: String, named name: String) throws(UsageError) -> Int32 {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let number = errno
      let right = number == ENOENT ? "give a file that exists" : "give a file that can be read"
      throw UsageError("\(name) cannot be opened (\(Descriptor.reason(number)))", right: right, exit: .noInput)
    }
    return descriptor
  }

  /// What is told where reading ends with an `errno`.
  static func unreadable(_ name: String, _ number: Int32) -> UsageError {
    UsageError(
      "\(name) cannot be read (\(Descriptor.reason(number)))", right: "give a file that can be read", exit: .noInput)
  }

  static func bytes(
    at descriptor: Int32, named name: String, maximum: Int, excess: ExitStatus = .damagedData
  ) throws(UsageError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(name, errno) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
      guard bytes.count <= maximum else {
        throw UsageError("\(name) is over \(maximum >> 20) MiB", right: "give a smaller file", exit: excess)
      }
    }
  }
}
