import Libc

@testable import RollcallServer

/// A minimal blocking HTTP client with one connection per request.
struct LoopbackClient {
  struct Reply: Equatable {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]
    /// Fewer bytes arrived than `Content-Length` announced, or no head at all.
    var isBroken: Bool

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  var port: UInt16
  var authorization: String?

  func send(
    _ method: String, _ target: String, form: String? = nil, type: String? = nil,
    authorization override: String? = nil
  ) -> Reply {
    var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    if let authorization = override ?? authorization { head += "Authorization: \(authorization)\r\n" }
    if let type { head += "Content-Type: \(type)\r\n" }
    if let form { head += "Content-Length: \(form.utf8.count)\r\n" }
    return Self.parsed(exchange(Array("\(head)\r\n\(form ?? "")".utf8)), isHead: method == "HEAD")
  }

  /// The maximum silence in seconds, far more than a slow machine needs.
  private static let patience = 240

  /// Sends bytes and returns everything until the server closes.
  func exchange(_ bytes: [UInt8]) -> [UInt8] {
    guard let descriptor = connection() else { return [] }
    defer { _ = close(descriptor) }
    guard Socket.send(bytes[...], to: descriptor) else { return [] }
    var received: [UInt8] = []
    while true {
      guard let piece = Self.receive(from: descriptor), !piece.isEmpty else { return received }
      received += piece
    }
  }

  /// Opens a connection, which the caller closes.
  func connection() -> Int32? {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var timeout = timeval(tv_sec: Self.patience, tv_usec: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else {
      _ = close(descriptor)
      return nil
    }
    return descriptor
  }

  /// Returns the next bytes; empty if the server has closed, nil if the connection broke or is silent.
  static func receive(from descriptor: Int32) -> [UInt8]? {
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
    return count < 0 ? nil : Array(chunk[..<count])
  }

  static func parsed(_ bytes: [UInt8], isHead: Bool = false) -> Reply {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
      return Reply(status: 0, headers: [:], body: bytes, isBroken: true)
    }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
    }
    let body = Array(bytes[end.upperBound...])
    let expected = isHead ? 0 : headers["content-length"].flatMap { Int($0) } ?? 0
    return Reply(status: status, headers: headers, body: body, isBroken: body.count != expected)
  }
}
