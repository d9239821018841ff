import RollcallKit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

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
