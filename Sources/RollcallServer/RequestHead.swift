import RollcallCore

/// Request line and headers, before the body has been read.
struct RequestHead {
  /// A request that gets this status instead of the handler's reply; the connection ends with it.
  struct Refusal: Error {
    var status: Int
    var reason: String
  }

  var request: ServerRequest
  /// Bytes of body that follow.
  var bodyLength: Int
  /// HTTP/1.0 clients do not expect the connection to stay.
  var staysOpen: Bool

  /// Reads the lines before the blank one.
  init(_ bytes: ArraySlice<UInt8>) throws(Refusal) {
    var lines = Self.lines(of: bytes)
    guard !lines.isEmpty else { throw Refusal(status: 400, reason: "no request line") }
    let parts = lines.removeFirst().split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].hasPrefix("/") else {
      throw Refusal(status: 400, reason: "malformed request line")
    }
    guard let method = ServerRequest.Method(rawValue: String(parts[0])) else {
      throw Refusal(status: 501, reason: "method not supported")
    }
    guard parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0" else {
      throw Refusal(status: 505, reason: "only HTTP/1.1")
    }
    let target = parts[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var headers: [ServerRequest.Header] = []
    for line in lines { headers.append(try Self.header(line)) }
    request = ServerRequest(
      method: method, path: String(target[0]), query: target.count > 1 ? String(target[1]) : "", headers: headers)
    bodyLength = try Self.bodyLength(headers)
    staysOpen = parts[2] == "HTTP/1.1" && !request.asksToClose
  }

  private static func lines(of bytes: ArraySlice<UInt8>) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
  }

  private static func header(_ line: String) throws(Refusal) -> ServerRequest.Header {
    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let first = parts[0].utf8.first, first > UInt8(ascii: " "), !parts[0].contains(bytesOf: " ")
    else {
      throw Refusal(status: 400, reason: "malformed header")
    }
    return .init(parts[0].lowercased(), trimmed(parts[1]))
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }

  private static func bodyLength(_ headers: [ServerRequest.Header]) throws(Refusal) -> Int {
    if headers.contains(where: { $0.name == "transfer-encoding" }) {
      throw Refusal(status: 501, reason: "a body needs Content-Length")
    }
    let lengths = Set(headers.filter { $0.name == "content-length" }.map(\.value))
    guard let text = lengths.first else { return 0 }
    guard lengths.count == 1, text.utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(text) else {
      throw Refusal(status: 400, reason: "malformed Content-Length")
    }
    guard length <= ServerLimits.body else {
      throw Refusal(status: 413, reason: "body over \(ServerLimits.body) bytes")
    }
    return length
  }
}
