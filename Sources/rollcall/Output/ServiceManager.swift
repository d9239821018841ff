import Libc

/// Tells systemd how the process is doing, where it was started by it: the protocol of sd_notify(3).
struct ServiceManager: Sendable {
  /// Where notes go; begins with `@` where it is no file.
  private let address: String
  /// How often a sign of life is wanted at least; nil where none is.
  let watchdog: Duration?

  /// - Returns: nil where nobody waits for notes.
  init?(environment: (String) -> String?) {
    guard let address = environment("NOTIFY_SOCKET"), address.hasPrefix("/") || address.hasPrefix("@") else {
      return nil
    }
    self.address = address
    let isForUs = environment("WATCHDOG_PID").flatMap { Int32($0) }.map { $0 == getpid() } ?? true
    watchdog =
      isForUs
      ? environment("WATCHDOG_USEC").flatMap { Int64($0) }.flatMap { $0 > 0 ? .microseconds($0) : nil } : nil
  }

  static func current() -> ServiceManager? {
    ServiceManager { name in unsafe getenv(name).map { unsafe String(cString: $0) } }
  }

  /// Sends assignments, such as `READY=1`, a line each. A note that does not arrive is not missed.
  func notify(_ note: String) {
    #if canImport(Glibc)
      let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    #else
      let descriptor = socket(AF_UNIX, SOCK_DGRAM, 0)
    #endif
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var target = sockaddr_un()
    target.sun_family = sa_family_t(AF_UNIX)
    var path = Array(address.utf8)
    // An abstract address begins with a zero byte, and has no other end than its length.
    if path.first == UInt8(ascii: "@") { path[0] = 0 }
    guard path.count < MemoryLayout.size(ofValue: target.sun_path) else { return }
    unsafe withUnsafeMutableBytes(of: &target.sun_path) { unsafe $0.copyBytes(from: path) }
    let offset = MemoryLayout<sockaddr_un>.offset(of: \sockaddr_un.sun_path) ?? 2
    let length = socklen_t(offset + path.count)
    let bytes = Array(note.utf8)
    _ = unsafe withUnsafePointer(to: &target) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe sendto(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), $0, length)
      }
    }
  }
}
