#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads a file that nobody but its owner may change, up to a bound.
struct PrivateFile: Sendable {
  let bytes: [UInt8]
  /// What the user should know of the file although it was read; without its contents, without its path.
  let warning: String?

  /// - Parameters:
  ///   - path: a regular file, or a link to one.
  ///   - source: what named it. Errors name this and not the path, since a secret may be in its place.
  ///   - maximum: bytes that it may hold.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  init(path: String, from source: SecretOrigin, maximum: Int) throws(UsageError) {
    let (bytes, mode) = try Self.read(path, source, maximum)
    guard mode & 0o022 == 0 else {
      throw .invalidSecret(source, "can be written by other users", right: "make it yours alone with chmod 600")
    }
    guard bytes.count <= maximum else {
      throw .invalidSecret(source, "is too long", right: "give a file of at most \(maximum) bytes")
    }
    self.bytes = bytes
    warning =
      mode & 0o044 == 0 ? nil : "\(source.label) can be read by other users; make it yours alone with chmod 600"
  }

  /// The file's first bytes, one more than allowed at least where it is too long, and its permissions.
  private static func read(
    _ path: String, _ source: SecretOrigin, _ maximum: Int
  ) throws(UsageError) -> ([UInt8], mode_t) {
    let right = "give the path of a file that you can read"
    // Without O_NONBLOCK a pipe that nobody writes to would hold the program here.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw .invalidSecret(source, errno == ENOENT ? "does not exist" : "cannot be opened", right: right)
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .invalidSecret(source, "is no regular file", right: "give the path of one")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= maximum {
      let count = unsafe readBytes(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .invalidSecret(source, "cannot be read", right: right) }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    return (bytes, status.st_mode)
  }
}

/// `read(2)`, which a method of that name would hide.
private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
  unsafe read(descriptor, buffer, count)
}
