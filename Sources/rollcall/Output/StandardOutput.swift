import Libc
import RollcallCore
import RollcallKit

/// Standard output. Commands that print once and end wait for its reader; the others use ``shared``.
enum StandardOutput {
  static let descriptor: Int32 = 1
  /// For commands that do other work while they write.
  static let shared = NonblockingOutput(descriptor)

  /// Writes all bytes; if the reader has gone, the process ends like any program at a closed pipe.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/inputOutput`` if it cannot be written, for example on a full disk.
  static func write(_ text: String) throws(UsageError) { try write(Array(text.utf8)) }

  static func write(_ bytes: [UInt8]) throws(UsageError) {
    try Descriptor.write(bytes, to: descriptor, failure: failure)
  }

  /// Whether standard output is a terminal.
  private static let hasViewer = isTerminal(descriptor)

  /// Returns a line of JSON; on a terminal, control characters are escaped.
  static func shown(_ line: [UInt8]) -> [UInt8] { hasViewer ? VisibleText.escaped(json: line) : line }

  /// The format of event lines, escaped as by ``shown(_:)``.
  static var eventLines: any LineFormat { hasViewer ? VisibleLines() : FrozenLines() }

  private struct VisibleLines: LineFormat {
    func bytes(of event: StoredEvent) -> [UInt8] { VisibleText.escaped(json: event.line) }
  }

  /// Logs why no more lines could be written, if that is an error.
  ///
  /// - Returns: the exit status.
  static func status(after ending: LineWriter.Ending, _ log: StandardError) -> Int32 {
    switch ending {
    case .cancelled: return ExitStatus.done.code
    case .readerGone: return ExitStatus.readerGone.code
    case .failed(let number):
      let error = failure(number)
      log.report(error)
      return error.exit.code
    case .unreadable(let failure):
      log.log(.error, "the state file cannot be read: \(failure.reason)")
      return (failure.kind == .damaged ? ExitStatus.damagedData : .inputOutput).code
    }
  }

  /// - Parameter number: the `errno` of the failed write.
  static func failure(_ number: Int32) -> UsageError {
    UsageError(
      "standard output cannot be written (\(SystemReason.text(number)))", right: "give it a place with free space",
      exit: .inputOutput)
  }
}

/// A line format that shows a note before its first line. A watch that fails at once only writes that it stopped, which
/// needs no note.
struct NotedLines: LineFormat {
  private var lines: any LineFormat
  /// Shows the note; nil once it has been shown.
  private var tellNote: (@Sendable () -> Void)?

  init(_ lines: any LineFormat, tellNote: @escaping @Sendable () -> Void) {
    self.lines = lines
    self.tellNote = tellNote
  }

  mutating func bytes(of event: StoredEvent) -> [UInt8] {
    if event.type != .watchStopped {
      tellNote?()
      tellNote = nil
    }
    return lines.bytes(of: event)
  }
}

/// Standard input, output and error, which the parent process may have closed.
enum StandardDescriptors {
  /// Opens the closed ones, so that no file or socket opened later gets their output. Writing to them must still fail.
  static func occupy() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      // `open` returns the lowest free descriptor, which is this one. The mode is wrong on purpose.
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}

/// Blocking writes to a descriptor whose reader may have gone.
enum Descriptor {
  /// Writes all bytes; if the reader has gone, the process ends like any program at a closed pipe.
  ///
  /// - Parameter failure: returns the error for an `errno`.
  static func write(
    _ bytes: [UInt8], to descriptor: Int32, failure: (Int32) -> UsageError
  ) throws(UsageError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe systemWrite(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0, errno == EPIPE {
        Signals.endByBrokenPipe()
      } else if count < 0, errno == EAGAIN {
        // Another process that shares the descriptor has made it nonblocking.
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&entry, 1, -1)
      } else if count < 0, errno != EINTR {
        throw failure(errno)
      }
    }
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
