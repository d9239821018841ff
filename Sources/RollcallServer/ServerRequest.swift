import RollcallCore

/// A complete request.
package struct ServerRequest: Sendable, Equatable {
  package enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case delete = "DELETE"
  }

  /// A header line, with a lower-case name and a value without surrounding white space.
  package struct Header: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package var method: Method
  /// The target before `?` as sent, percent-encoding included. Begins with `/`.
  package var path: String
  /// The target after `?` as sent; empty if there is none.
  package var query: String
  package var headers: [Header]
  /// At most ``ServerLimits/body`` bytes.
  package var body: [UInt8]

  package init(
    method: Method = .get, path: String, query: String = "", headers: [Header] = [], body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
  }

  /// Returns the value of the first header with a lower-case name.
  package func header(_ name: String) -> String? {
    headers.first { $0.name == name }?.value
  }

  /// Whether the client wants the connection closed after the reply.
  var asksToClose: Bool {
    header("connection")?.lowercased() == "close"
  }
}

/// The request line and headers, before the body is read.
struct RequestHead {
  /// A request that is answered with this status instead of by the handler, before the connection is closed.
  struct Refusal: Error {
    var status: Int
    var reason: String

    static func bodyExceeds(_ limit: Int) -> Refusal {
      Refusal(status: 413, reason: "the body exceeds \(limit) bytes")
    }
  }

  /// How the end of the body is determined.
  enum Body: Equatable {
    /// By its length in bytes.
    case length(Int)
    /// By its last chunk (RFC 9112, section 7.1).
    case chunked
  }

  var request: ServerRequest
  let body: Body
  /// Whether the connection stays open after the reply; HTTP/1.0 clients do not expect that.
  var staysOpen: Bool

  /// Parses the lines before the blank line.
  ///
  /// - Parameter bodyLimit: the maximum number of bytes of the body.
  init(_ bytes: ArraySlice<UInt8>, bodyLimit: Int = ServerLimits.body) throws(Refusal) {
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
      throw Refusal(status: 505, reason: "only HTTP/1.1 is supported")
    }
    let target = parts[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var headers: [ServerRequest.Header] = []
    for line in lines { headers.append(try Self.header(line)) }
    request = ServerRequest(
      method: method, path: String(target[0]), query: target.count > 1 ? String(target[1]) : "", headers: headers)
    body = try Self.body(headers, allowsChunks: parts[2] == "HTTP/1.1", limit: bodyLimit)
    staysOpen = parts[2] == "HTTP/1.1" && !request.asksToClose
  }

  private static func lines(of bytes: ArraySlice<UInt8>) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
  }

  private static func header(_ line: String) throws(Refusal) -> ServerRequest.Header {
    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    // White space after a name is rejected, because recipients disagree on it and so might on the body's length.
    guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy(\.isInHTTPToken) else {
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

  private static func body(_ headers: [ServerRequest.Header], allowsChunks: Bool, limit: Int) throws(Refusal) -> Body {
    let encodings = headers.filter { $0.name == "transfer-encoding" }.map(\.value)
    let lengths = Set(headers.filter { $0.name == "content-length" }.map(\.value))
    guard encodings.isEmpty else {
      guard encodings.map({ $0.lowercased() }) == ["chunked"] else {
        throw Refusal(status: 501, reason: "the only supported transfer encoding is chunked")
      }
      guard lengths.isEmpty, allowsChunks else {
        throw Refusal(status: 400, reason: "chunked bodies require HTTP/1.1 and no Content-Length")
      }
      return .chunked
    }
    return .length(try length(lengths, limit: limit))
  }

  private static func length(_ lengths: Set<String>, limit: Int) throws(Refusal) -> Int {
    guard let text = lengths.first else { return 0 }
    guard lengths.count == 1, text.utf8.allSatisfy(\.isASCIIDigit), let length = Int(text) else {
      throw Refusal(status: 400, reason: "malformed Content-Length")
    }
    guard length <= limit else { throw .bodyExceeds(limit) }
    return length
  }
}

/// The fields of a query string or an `application/x-www-form-urlencoded` body, in order.
///
/// `+` is a space; a percent sign not followed by two hexadecimal digits is kept.
package struct FormFields: Sendable, Equatable {
  package private(set) var fields: [(name: String, value: String)] = []

  package init(_ text: String) {
    self.init(Array(text.utf8))
  }

  package init(_ bytes: [UInt8]) {
    for pair in bytes.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = parts.first else { continue }
      let value = parts.count > 1 ? PercentEncoding.decodedForm(parts[1]) : ""
      fields.append((PercentEncoding.decodedForm(name), value))
    }
  }

  /// The value of the last field with a name; nil if there is none.
  package subscript(name: String) -> String? {
    fields.last { $0.name == name }?.value
  }

  package static func == (left: FormFields, right: FormFields) -> Bool {
    left.fields.elementsEqual(right.fields) { $0 == $1 }
  }
}
