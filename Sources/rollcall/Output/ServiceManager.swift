import Libc

/// Reports the state of the process to systemd if that started it, by the protocol of sd_notify(3).
struct ServiceManager: Sendable {
  /// The address of the manager's socket; it begins with `@` if it is abstract.
  private let address: String
  /// The maximum time between two signs of life; nil if none is required.
  let watchdog: Duration?

  /// - Returns: nil if the environment names no socket.
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

  /// Sends assignments, such as `READY=1`, one per line. A lost note does no harm.
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
    // An abstract address begins with a zero byte, and only its length marks its end.
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
