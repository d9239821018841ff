#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Ends the loop's wait, from any thread.
///
/// Where the system has no descriptors left for it, nothing can be written, poll(2) ignores the negative descriptor, and
/// the loop looks at its inbox when its longest wait is over.
final class WakeUpPipe: Sendable {
  /// Readable after ``wakeUp()`` until ``drain()``.
  let reader: Int32
  private let writer: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      (reader, writer) = (-1, -1)
      return
    }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (reader, writer) = (ends[0], ends[1])
  }

  deinit {
    for end in [reader, writer] where end >= 0 { close(end) }
  }

  /// Ends a wait that is under way, or the next one.
  func wakeUp() {
    var byte: UInt8 = 0
    // A full pipe is readable already.
    _ = unsafe write(writer, &byte, 1)
  }

  /// Takes the wake-ups out.
  func drain() {
    var bytes: (UInt64, UInt64) = (0, 0)
    _ = unsafe withUnsafeMutableBytes(of: &bytes) { unsafe read(reader, $0.baseAddress, $0.count) }
  }
}
