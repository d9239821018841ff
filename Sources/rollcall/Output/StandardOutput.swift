import Libc
import RollcallCore
import RollcallKit

/// Standard output. The commands that print once and end wait for its reader; the others use ``shared``.
enum StandardOutput {
  static let descriptor: Int32 = 1
  /// For commands that do other things beside writing.
  static let shared = NonblockingOutput(descriptor)

  /// Writes everything; where the reader has gone, the process ends as any program at a closed pipe does.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/inputOutput`` where it cannot be written, as on a full disk.
  static func write(_ text: String) throws(UsageError) { try write(Array(text.utf8)) }

  static func write(_ bytes: [UInt8]) throws(UsageError) {
    try Descriptor.write(bytes, to: descriptor, failure: failure)
  }

  /// Whether somebody may be looking at it.
  private static let hasViewer = isTerminal(descriptor)

  /// A line of JSON as it is, or on a terminal with escapes for what could fool it.
  static func shown(_ line: [UInt8]) -> [UInt8] { hasViewer ? VisibleText.escaped(json: line) : line }

  /// The lines of events, as ``shown(_:)`` has them.
  static var eventLines: any LineFormat { hasViewer ? VisibleLines() : FrozenLines() }

  private struct VisibleLines: LineFormat {
    func bytes(of event: StoredEvent) -> [UInt8] { VisibleText.escaped(json: event.line) }
  }

  /// Says why no more lines could be written, if that is an error.
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

  /// - Parameter number: the `errno` of what could not be written.
  static func failure(_ number: Int32) -> UsageError {
    UsageError(
      "standard output cannot be written (\(SystemReason.text(number)))", right: "give it somewhere with room",
      exit: .inputOutput)
  }
}

/// Standard input, output and error, which whoever starts the process may have closed.
enum StandardDescriptors {
  /// Takes the places of those that are closed, so that nothing that is opened later, such as a socket, gets what is
  /// meant for them. What is written there fails, as it would have.
  static func occupy() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest that is free is this one. The mode is the wrong one on purpose.
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}

/// What is written to a descriptor of which somebody else has the other end.
enum Descriptor {
  /// Writes everything; where the reader has gone, the process ends as any program at a closed pipe does.
  ///
  /// - Parameter failure: the error of an `errno`.
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
        // Another process that shares it has made it nonblocking.
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
