import RollcallKit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Standard output of the commands that print once and end; events go through the kit's writer instead.
enum StandardOutput {
  static let descriptor: Int32 = 1

  /// Writes everything; where the reader has gone, the process ends as any program at a closed pipe does.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/inputOutput`` where it cannot be written, as on a full disk.
  static func write(_ text: String) throws(UsageError) { try write(Array(text.utf8)) }

  static func write(_ bytes: [UInt8]) throws(UsageError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe systemWrite(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0, errno == EPIPE {
        Signals.endByBrokenPipe()
      } else if count < 0, errno != EINTR {
        throw UsageError(
          "standard output cannot be written (errno \(errno))", right: "give it somewhere with room",
          exit: .inputOutput)
      }
    }
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
