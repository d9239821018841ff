import Libc
import RollcallKit

/// Writes a file that the user named: afterwards it is complete, or unchanged, even after a loss of power.
enum OutputFile {
  /// The maximum number of names tried for the temporary file.
  private static let maximumTries = 16
  /// The maximum number of links followed to a file that does not exist; the system has a similar limit.
  private static let maximumLinks = 40

  /// Refuses to replace a file that is read, whose contents would be lost.
  ///
  /// - Parameters:
  ///   - path: the file to write.
  ///   - inputs: the files that are read.
  ///   - readsStandardInput: whether standard input is read too.
  static func check(_ path: String, against inputs: [String], readsStandardInput: Bool) throws(UsageError) {
    guard let output = status(of: path), output.st_mode & S_IFMT == S_IFREG else { return }
    let read = inputs.map(status(of:)) + (readsStandardInput ? [statusOfStandardInput()] : [])
    guard !read.contains(where: { $0?.st_dev == output.st_dev && $0?.st_ino == output.st_ino }) else {
      throw UsageError(
        "\(InputFile.name(path)) is a file that this command reads", right: "write the page to another file")
    }
  }

  /// - Throws: ``UsageError`` with ``ExitStatus/cannotCreate`` if the file cannot be created, and with
  ///   ``ExitStatus/inputOutput`` if it cannot be written.
  static func write(_ bytes: [UInt8], to path: String) throws(UsageError) {
    let existing = status(of: path)
    // A device or a pipe is written directly; opening a folder fails by itself.
    if let existing, existing.st_mode & S_IFMT != S_IFREG { return try fill(bytes, at: path) }
    // If the path is a link, the file that it leads to is replaced.
    let target = existing != nil ? realPath(path) ?? path : try followLinks(path)
    let (descriptor, temporary) = try create(beside: target, for: path)
    do throws(UsageError) {
      // An existing file keeps its permissions.
      if let existing { _ = fchmod(descriptor, existing.st_mode & 0o777) }
      try write(bytes, to: descriptor, of: path)
      // Otherwise the new name could reach the disk before the bytes do.
      guard fsync(descriptor) == 0 else { throw notWritten(path, errno) }
    } catch {
      close(descriptor)
      unsafe unlink(SystemPath.bytes(of: temporary))
      throw error
    }
    guard close(descriptor) == 0, unsafe rename(SystemPath.bytes(of: temporary), SystemPath.bytes(of: target)) == 0
    else {
      let number = errno
      unsafe unlink(SystemPath.bytes(of: temporary))
      throw notWritten(path, number)
    }
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    return unsafe stat(SystemPath.bytes(of: path), &status) == 0 ? status : nil
  }

  private static func statusOfStandardInput() -> stat? {
    var status = stat()
    return unsafe fstat(STDIN_FILENO, &status) == 0 ? status : nil
  }

  private static func fill(_ bytes: [UInt8], at path: String) throws(UsageError) {
    let descriptor = unsafe open(SystemPath.bytes(of: path), O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw cannotCreate(path) }
    defer { close(descriptor) }
    try write(bytes, to: descriptor, of: path)
  }

  private static func create(beside target: String, for path: String) throws(UsageError) -> (Int32, String) {
    for _ in 0..<maximumTries {
      let temporary = "\(target).\(UInt32.random(in: 0 ... .max)).part"
      let descriptor = unsafe open(
        SystemPath.bytes(of: temporary), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, temporary) }
      guard errno == EEXIST else { break }
    }
    throw cannotCreate(path)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32, of path: String) throws(UsageError) {
    try Descriptor.write(bytes, to: descriptor) { failure(path, $0, "give it a place with free space", .inputOutput) }
  }

  private static func cannotCreate(_ path: String, _ number: Int32 = errno) -> UsageError {
    failure(path, number, "give a file in a directory that can be written", .cannotCreate)
  }

  private static func notWritten(_ path: String, _ number: Int32) -> UsageError {
    failure(path, number, "check the disk", .inputOutput)
  }

  private static func failure(_ path: String, _ number: Int32, _ right: String, _ exit: ExitStatus) -> UsageError {
    UsageError("\(InputFile.name(path)) cannot be written (\(SystemReason.text(number)))", right: right, exit: exit)
  }

  private static func realPath(_ path: String) -> String? {
    guard let resolved = unsafe realpath(SystemPath.bytes(of: path), nil) else { return nil }
    defer { unsafe free(resolved) }
    let length = unsafe strlen(resolved)
    return SystemPath.text((0..<length).map { UInt8(bitPattern: unsafe resolved[$0]) })
  }

  /// Returns the path that links lead to, even if there is no file there yet.
  private static func followLinks(_ path: String) throws(UsageError) -> String {
    var place = path
    for _ in 0..<maximumLinks {
      guard let next = linkTarget(of: place) else { return place }
      let folder = place.lastIndex(of: "/").map { place[...$0] } ?? ""
      place = next.hasPrefix("/") ? next : folder + next
    }
    throw cannotCreate(path, ELOOP)
  }

  /// - Returns: nil if the path is not a link.
  private static func linkTarget(of path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = unsafe readlink(SystemPath.bytes(of: path), &buffer, buffer.count)
    guard length > 0 else { return nil }
    return SystemPath.text(buffer[..<length].map { UInt8(bitPattern: $0) })
  }
}
