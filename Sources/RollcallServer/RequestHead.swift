import RollcallCore

/// Request line and headers, before the body has been read.
struct RequestHead {
  /// A request that gets this status instead of the handler's reply; the connection ends with it.
  struct Refusal: Error {
    static let bodyTooLarge = Refusal(status: 413, reason: "body over \(ServerLimits.body) bytes")

    var status: Int
    var reason: String
  }

  /// How the body that follows ends.
  enum Body: Equatable {
    /// After so many bytes.
    case length(Int)
    /// With its last chunk (RFC 9112, section 7.1).
    case chunked
  }

  var request: ServerRequest
  let body: Body
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
    body = try Self.body(headers, allowsChunks: parts[2] == "HTTP/1.1")
    staysOpen = parts[2] == "HTTP/1.1" && !request.asksToClose
  }

  private static func lines(of bytes: ArraySlice<UInt8>) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
  }

  private static func header(_ line: String) throws(Refusal) -> ServerRequest.Header {
    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    // A name with white space behind it is read by some and passed over by others, and so is what it says of the body.
    guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy(isInName) else {
      throw Refusal(status: 400, reason: "malformed header")
    }
    return .init(parts[0].lowercased(), trimmed(parts[1]))
  }

  /// Whether a byte may stand in a header's name (RFC 9110, section 5.1).
  private static func isInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }

  private static func body(_ headers: [ServerRequest.Header], allowsChunks: Bool) throws(Refusal) -> Body {
    let encodings = headers.filter { $0.name == "transfer-encoding" }.map(\.value)
    let lengths = Set(headers.filter { $0.name == "content-length" }.map(\.value))
    guard encodings.isEmpty else {
      guard encodings.map({ $0.lowercased() }) == ["chunked"] else {
        throw Refusal(status: 501, reason: "the only transfer encoding is chunked")
      }
      guard lengths.isEmpty, allowsChunks else {
        throw Refusal(status: 400, reason: "chunks need HTTP/1.1, and no Content-Length")
      }
      return .chunked
    }
    return .length(try length(lengths))
  }

  private static func length(_ lengths: Set<String>) throws(Refusal) -> Int {
    guard let text = lengths.first else { return 0 }
    guard lengths.count == 1, text.utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(text) else {
      throw Refusal(status: 400, reason: "malformed Content-Length")
    }
    guard length <= ServerLimits.body else { throw .bodyTooLarge }
    return length
  }
}
