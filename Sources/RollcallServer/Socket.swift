import Libc
import RollcallCore

/// The calls on TCP sockets that the server needs. The caller closes the descriptors.
enum Socket {
  /// Opens a listening socket.
  ///
  /// - Parameter port: the port; 0 for any free one.
  static func listening(at host: HostAddress, port: UInt16) throws(ServerError) -> (descriptor: Int32, port: UInt16) {
    #if canImport(Glibc)
      let descriptor = socket(host.family.number, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(host.family.number, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { throw failure(of: "socket") }
    set(SO_REUSEADDR, at: SOL_SOCKET, of: descriptor, to: Int32(1))
    setCloseOnExec(descriptor)
    // A connection that disappears before it is accepted must not block the accepting thread.
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    guard bind(descriptor, to: host, port), listen(descriptor, ServerLimits.backlog) == 0 else {
      let failure = errno == EADDRINUSE ? ServerError.portInUse(port, host) : failure(of: "bind")
      _ = close(descriptor)
      throw failure
    }
    guard let bound = self.port(of: descriptor) else {
      let failure = failure(of: "getsockname")
      _ = close(descriptor)
      throw failure
    }
    return (descriptor, bound)
  }

  private static func bind(_ descriptor: Int32, to host: HostAddress, _ port: UInt16) -> Bool {
    switch host.family {
    case .ipv4:
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      unsafe withUnsafeMutableBytes(of: &address.sin_addr) { unsafe $0.copyBytes(from: host.bytes) }
      return bind(descriptor, to: address)
    case .ipv6:
      // Makes `[::]` include IPv4 addresses, whatever the system's default.
      set(Int32(IPV6_V6ONLY), at: Int32(IPPROTO_IPV6), of: descriptor, to: Int32(0))
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { unsafe $0.copyBytes(from: host.bytes) }
      return bind(descriptor, to: address)
    }
  }

  private static func bind<Address>(_ descriptor: Int32, to address: Address) -> Bool {
    var address = address
    let length = socklen_t(MemoryLayout<Address>.size)
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe systemBind(descriptor, $0, length) == 0
      }
    }
  }

  /// Returns the port that a socket is bound to, which has the same position in addresses of both families.
  private static func port(of descriptor: Int32) -> UInt16? {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let named = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
    }
    guard named == 0 else { return nil }
    return unsafe withUnsafeBytes(of: &address) { unsafe UInt16($0[2]) << 8 | UInt16($0[3]) }
  }

  /// Accepts and configures the next connection.
  static func accepted(from listener: Int32) -> AcceptedConnection {
    let descriptor = accept(listener, nil, nil)
    guard descriptor >= 0 else {
      switch errno {
      case EAGAIN, EINTR, ECONNABORTED: return .nothing
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .shortage
      default: return .failure
      }
    }
    setCloseOnExec(descriptor)
    // On Darwin the connection inherits the listener's O_NONBLOCK.
    _ = fcntl(descriptor, F_SETFL, 0)
    set(Int32(TCP_NODELAY), at: Int32(IPPROTO_TCP), of: descriptor, to: Int32(1))
    set(SO_SNDTIMEO, at: SOL_SOCKET, of: descriptor, to: timeval(tv_sec: ServerLimits.sendSeconds, tv_usec: 0))
    #if canImport(Darwin)
      set(SO_NOSIGPIPE, at: SOL_SOCKET, of: descriptor, to: Int32(1))
    #endif
    return .connection(descriptor)
  }

  /// Waits until the descriptor is readable or closed.
  ///
  /// - Returns: false if the time is up.
  static func waitReadable(_ descriptor: Int32, for duration: Duration) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return wait(on: &entry, for: duration)
  }

  /// Sleeps while the connection is open; a shutdown from either side ends the sleep.
  ///
  /// - Returns: false if the connection has ended.
  static func pause(_ descriptor: Int32, for duration: Duration) -> Bool {
    var entry = pollfd(fd: descriptor, events: 0, revents: 0)
    return !wait(on: &entry, for: duration)
  }

  private static func wait(on entry: inout pollfd, for duration: Duration) -> Bool {
    let deadline = ContinuousClock.now + duration
    while true {
      let left = max(.zero, deadline - ContinuousClock.now)
      let milliseconds = Int32(clamping: (left + .microseconds(999)).wholeMilliseconds)
      let count = unsafe poll(&entry, 1, milliseconds)
      if count > 0 { return true }
      if count < 0 && errno != EINTR { return true }
      if ContinuousClock.now >= deadline { return false }
    }
  }

  /// Sends all bytes.
  ///
  /// - Returns: false if the connection broke.
  static func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    #if canImport(Darwin)
      let flags: Int32 = 0
    #else
      let flags = Int32(MSG_NOSIGNAL)
    #endif
    return unsafe bytes.withUnsafeBytes { buffer in
      var rest = unsafe buffer[...]
      while unsafe !rest.isEmpty {
        let piece = unsafe UnsafeRawBufferPointer(rebasing: rest)
        let sent = unsafe systemSend(descriptor, piece.baseAddress, piece.count, flags)
        if sent < 0 && errno == EINTR { continue }
        guard sent > 0 else { return false }
        unsafe rest = rest.dropFirst(sent)
      }
      return true
    }
  }

  /// Makes closing send a reset.
  static func reset(_ descriptor: Int32) {
    set(SO_LINGER, at: SOL_SOCKET, of: descriptor, to: linger(l_onoff: 1, l_linger: 0))
  }

  static func failure(of call: String) -> ServerError {
    .unavailable(reason: unsafe "\(call): \(String(cString: strerror(errno)))")
  }

  private static func setCloseOnExec(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  private static func set<Value: BitwiseCopyable>(
    _ option: Int32, at level: Int32, of descriptor: Int32, to value: Value
  ) {
    var value = value
    _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Value>.size))
  }

}

/// Calls `bind(2)`, whose name the method shadows.
private func systemBind(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
  unsafe bind(descriptor, address, length)
}

/// Calls `send(2)`, whose name the method shadows.
private func systemSend(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ flags: Int32) -> Int {
  unsafe send(descriptor, bytes, count, flags)
}

/// A numeric address to listen on, such as `127.0.0.1` or `::1`.
package struct HostAddress: Hashable, Sendable {
  package enum Family: Hashable, Sendable {
    case ipv4
    case ipv6

    var number: Int32 {
      switch self {
      case .ipv4: AF_INET
      case .ipv6: AF_INET6
      }
    }

    fileprivate var byteCount: Int {
      switch self {
      case .ipv4: 4
      case .ipv6: 16
      }
    }
  }

  /// 127.0.0.1.
  package static let loopback = HostAddress(family: .ipv4, bytes: [127, 0, 0, 1])

  package let family: Family
  /// In network byte order.
  let bytes: [UInt8]

  private init(family: Family, bytes: [UInt8]) {
    self.family = family
    self.bytes = bytes
  }

  /// - Returns: nil if the text is not an address of the family without brackets.
  package init?(_ text: some StringProtocol, _ family: Family) {
    var bytes = [UInt8](repeating: 0, count: family.byteCount)
    guard unsafe inet_pton(family.number, String(text), &bytes) == 1 else { return nil }
    self.init(family: family, bytes: bytes)
  }
}

extension HostAddress: CustomStringConvertible {
  /// The address as in a URL.
  package var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard unsafe inet_ntop(family.number, bytes, &text, socklen_t(text.count)) != nil else { return "" }
    let characters = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return family == .ipv6 ? "[\(characters)]" : characters
  }
}

/// Why a server could not start.
package enum ServerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Another program listens on that port.
  case portInUse(UInt16, HostAddress)
  /// The system refused; the reason is its own text, such as `bind: Permission denied`.
  case unavailable(reason: String)

  package var description: String {
    switch self {
    case .portInUse(let port, let host): "port \(port) is in use on \(host)"
    case .unavailable(let reason): "cannot listen: \(reason)"
    }
  }
}
