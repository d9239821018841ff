import Libc
import RollcallCore
import RollcallKit

/// Reads a whole file that a user named, up to a bound.
enum InputFile {
  /// Returns the name of a file for errors.
  static func name(_ path: String) -> String { Quotation.of(SystemPath.visible(path)) }

  static func exists(_ path: String) -> Bool { unsafe access(SystemPath.bytes(of: path), F_OK) == 0 }

  /// - Parameters:
  ///   - name: the name of the file in errors.
  ///   - maximum: the largest accepted size, in bytes.
  ///   - excess: the exit status if it is longer.
  /// - Throws: ``UsageError`` with ``ExitStatus/noInput`` if the file is missing or unreadable.
  static func bytes(
    of path: String, named name: String, maximum: Int, pipes: NamedFile.Pipes = .awaited(),
    excess: ExitStatus = .damagedData
  ) throws(UsageError) -> [UInt8] {
    do throws(NamedFileFailure) {
      return try NamedFile(path, maximum: maximum, pipes: pipes).bytes
    } catch {
      throw usage(error, name, excess: excess)
    }
  }

  /// Opens a stream of any length. The caller closes the descriptor.
  ///
  /// - Parameter silence: how long to wait for the first bytes of a FIFO.
  /// - Throws: ``UsageError`` with ``ExitStatus/noInput`` and the system's reason.
  static func opened(
    _ path: String, named name: String, waiting silence: Duration = NamedFile.maximumSilence
  ) throws(UsageError) -> Int32 {
    // Otherwise opening a FIFO would block until it has a writer.
    let descriptor = unsafe open(SystemPath.bytes(of: path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw usage(.cannotOpen(errno), name) }
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    var count: Int32
    repeat {
      count = unsafe poll(&entry, 1, Int32(clamping: silence.wholeMilliseconds))
    } while count < 0 && errno == EINTR
    guard count > 0, fcntl(descriptor, F_SETFL, 0) == 0 else {
      let failure: NamedFileFailure = count == 0 ? .silentPipe(silence) : .cannotRead(errno)
      close(descriptor)
      throw usage(failure, name)
    }
    return descriptor
  }

  /// Returns the error for a read that failed with an `errno`.
  static func unreadable(_ name: String, _ number: Int32) -> UsageError { usage(.cannotRead(number), name) }

  /// Reads standard input to its end.
  static func standardInput(named name: String, maximum: Int) throws(UsageError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(name, errno) }
      if count == 0 { return ByteOrderMark.dropped(from: bytes) }
      bytes.append(contentsOf: buffer[..<count])
      guard bytes.count <= maximum else { throw usage(.tooLong(maximum: maximum), name) }
    }
  }

  private static func usage(
    _ failure: NamedFileFailure, _ name: String, excess: ExitStatus = .damagedData
  ) -> UsageError {
    let exit =
      switch failure {
      case .tooLong: excess
      case .cannotOpen, .cannotRead, .directory, .device, .pipe, .emptyPipe, .silentPipe, .slowPipe:
        ExitStatus.noInput
      }
    return UsageError("\(name) \(failure.problem)", right: failure.remedy, exit: exit)
  }
}
