#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import RollcallCore

/// Reads a small file that holds one secret.
struct SecretFile: Sendable {
  /// Bytes that such a file may hold.
  static let maximumBytes = 64 << 10

  let secret: Secret
  /// What the user should know of the file although it was read; without the secret, without the path.
  let warning: String?

  /// - Parameters:
  ///   - path: a regular file, or a link to one.
  ///   - option: the option that named it. Errors name this one and not the path, since a secret may be in its place.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  init(path: String, option: OptionName) throws(UsageError) {
    let (bytes, mode) = try Self.read(path, option)
    guard mode & 0o022 == 0 else {
      throw Self.refusal(option, "can be written by other users", "make it yours alone with chmod 600")
    }
    warning =
      mode & 0o044 == 0
      ? nil : "the file of \(option.argument) can be read by other users; make it yours alone with chmod 600"
    guard bytes.count <= Self.maximumBytes else {
      throw Self.refusal(option, "is too long", "give a file of at most \(Self.maximumBytes) bytes")
    }
    guard let text = SecretText.trimmed(bytes) else {
      throw Self.refusal(option, "holds no single line of text", "put the secret alone into it")
    }
    guard !text.isEmpty else {
      throw Self.refusal(option, "is empty", "put the secret into it")
    }
    secret = Secret(text)
  }

  private static func refusal(_ option: OptionName, _ problem: String, _ right: String) -> UsageError {
    .invalidSecret(.file(option), problem, right: right)
  }

  /// The file's first bytes, one more than allowed at most, and its permissions.
  private static func read(_ path: String, _ option: OptionName) throws(UsageError) -> ([UInt8], mode_t) {
    // Without O_NONBLOCK a pipe that nobody writes to would hold the program here.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let problem = errno == ENOENT ? "does not exist" : "cannot be opened"
      throw refusal(option, problem, "give the path of a file that you can read")
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw refusal(option, "is no regular file", "give the path of one")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= maximumBytes {
      let count = unsafe readBytes(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw refusal(option, "cannot be read", "give the path of a file that you can read")
      }
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
