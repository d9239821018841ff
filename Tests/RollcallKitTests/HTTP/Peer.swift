import Libc

/// The listener's end of a connection.
struct Peer: Sendable {
  private let connection: Int32
  private let hear: @Sendable (String) -> Void

  init(_ connection: Int32, hear: @escaping @Sendable (String) -> Void) {
    self.connection = connection
    self.hear = hear
  }

  /// Reads a request without a body, or with one that arrives together with the head.
  ///
  /// - Returns: nil if the other side closed.
  func request() -> String? {
    var text = ""
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while !text.contains("\r\n\r\n") {
      let count = unsafe recv(connection, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      text += String(decoding: chunk[..<count], as: UTF8.self)
    }
    hear(text)
    return text
  }

  /// - Returns: false if the other side closed.
  @discardableResult
  func write(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      #if canImport(Darwin)
        let flags: Int32 = 0
      #else
        let flags = Int32(MSG_NOSIGNAL)
      #endif
      let count = unsafe bytes.withUnsafeBytes {
        unsafe send(connection, $0.baseAddress.map { unsafe $0 + sent }, $0.count - sent, flags)
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  @discardableResult
  func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  /// Writes a complete reply with a Content-Length.
  func reply(_ status: String = "200 OK", headers: String = "", body: [UInt8]) {
    write(Array("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.count)\r\n\r\n".utf8) + body)
  }

  /// Waits for at most the given time, or until the other side closes or sends more.
  ///
  /// - Returns: whether the time has passed without either.
  func pause(milliseconds: Int32) -> Bool {
    var polled = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&polled, 1, milliseconds) == 0
  }

  /// Waits until the other side closes or sends more.
  func awaitEnd() {
    var polled = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
    while unsafe poll(&polled, 1, -1) < 0, errno == EINTR {}
  }

  /// Makes closing send a reset.
  func reset() {
    var lingering = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(connection, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
  }

  func end() { close(connection) }
}
