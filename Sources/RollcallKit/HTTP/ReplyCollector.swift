import CCurl
import Libc
import RollcallCore

/// Collects one reply piece by piece as it arrives, and enforces its limits.
struct ReplyCollector {
  /// Why the rest of a reply is not read.
  enum Refusal: Equatable {
    /// The body exceeds its limit, but only the status matters.
    case cut
    case bodyTooLarge
    case headersTooLarge
    /// The reply uses a transfer encoding that was not requested.
    case unrequestedTransferEncoding
  }

  private let limits: HTTPLimits
  private let expected: PaddedBytes?

  private(set) var refusal: Refusal?
  private(set) var status = 0
  /// Whether the last header line of the final reply, not of an interim one, has arrived.
  private(set) var headersAreComplete = false
  private var headers: [String: String] = [:]
  private var headerBytes = 0
  private var announced: Int?
  /// The number of leading bytes that equal the expected ones; nil after the first difference.
  private var matched: Int?
  private var body: [UInt8] = []

  init(limits: HTTPLimits, expected: PaddedBytes?) {
    self.limits = limits
    self.expected = expected
    matched = expected == nil ? nil : 0
  }

  // MARK: Headers

  /// Receives one header line, including its end.
  ///
  /// - Returns: Whether to go on reading the reply.
  mutating func receive(headerLine line: Span<UInt8>) -> Bool {
    headerBytes += line.count
    guard headerBytes <= limits.headers else { return refuse(.headersTooLarge) }
    // Trailers count towards the limit but are ignored.
    guard !headersAreComplete else { return true }
    var end = line.count
    while end > 0, line[end - 1] == UInt8(ascii: "\n") || line[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    if end == 0 {
      headersAreComplete = status >= 200
      return true
    }
    guard let colon = (0..<end).first(where: { line[$0] == UInt8(ascii: ":") || line[$0] == UInt8(ascii: " ") }),
      line[colon] == UInt8(ascii: ":")
    else {
      beginReply(statusLine: line, end)
      return true
    }
    return receive(name: 0..<colon, value: colon + 1..<end, of: line)
  }

  private mutating func beginReply(statusLine line: Span<UInt8>, _ end: Int) {
    guard end >= 5, HeaderText.isEqual(line, 0..<5, to: "http/") else { return }
    var i = 5
    while i < end, line[i] != UInt8(ascii: " ") { i += 1 }
    while i < end, line[i] == UInt8(ascii: " ") { i += 1 }
    let start = i
    while i < end, line[i] != UInt8(ascii: " ") { i += 1 }
    status = Int(HeaderText.string(line, start..<i)) ?? 0
    headers = [:]
    announced = nil
  }

  private mutating func receive(name: Range<Int>, value: Range<Int>, of line: Span<UInt8>) -> Bool {
    if HeaderText.isEqual(line, name, to: "content-length") {
      announced = Int(HeaderText.string(line, value))
    } else if HeaderText.isEqual(line, name, to: "transfer-encoding") {
      let encoding = HeaderText.string(line, value).lowercased()
      guard encoding == "chunked" || encoding == "identity" else { return refuse(.unrequestedTransferEncoding) }
    } else if let kept = HTTPResponse.keptHeaders.first(where: { HeaderText.isEqual(line, name, to: $0) }) {
      headers[kept] = HeaderText.string(line, value)
    }
    return true
  }

  // MARK: Body

  /// Receives the next bytes of the body.
  ///
  /// - Returns: Whether to go on reading the reply.
  mutating func receive(bodyBytes bytes: UnsafeRawBufferPointer) -> Bool {
    let count = matched ?? body.count
    guard bytes.count <= limits.body - count else {
      guard limits.ignoresExcess else { return refuse(.bodyTooLarge) }
      unsafe take(UnsafeRawBufferPointer(rebasing: bytes[..<(limits.body - count)]))
      return refuse(.cut)
    }
    unsafe take(bytes)
    return true
  }

  @unsafe private mutating func take(_ bytes: UnsafeRawBufferPointer) {
    if let count = matched {
      if unsafe isExpected(bytes, at: count) {
        matched = count + bytes.count
        return
      }
      stopMatching(at: count, adding: bytes.count)
    } else {
      reserve(adding: bytes.count)
    }
    unsafe body.append(contentsOf: bytes)
  }

  @unsafe private func isExpected(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    guard let expected, bytes.count <= expected.count - offset else { return false }
    guard let start = bytes.baseAddress else { return true }
    return unsafe expected.storage.withUnsafeBytes { all in
      guard let base = all.baseAddress else { return false }
      return unsafe memcmp(base + offset, start, bytes.count) == 0
    }
  }

  private mutating func stopMatching(at count: Int, adding more: Int) {
    matched = nil
    reserve(adding: count + more)
    if let expected { body.append(contentsOf: expected.storage[..<count]) }
  }

  /// Reserves room for more bytes and the padding, at first for all of the announced length.
  private mutating func reserve(adding more: Int) {
    let needed = body.count + more + PaddedBytes.padding
    guard needed > body.capacity else { return }
    let announced = min(max(announced ?? 0, 0), limits.body) + PaddedBytes.padding
    body.reserveCapacity(max(needed, body.isEmpty ? announced : 2 * body.capacity))
  }

  private mutating func refuse(_ reason: Refusal) -> Bool {
    refusal = reason
    return false
  }

  // MARK: The reply

  /// The number of bytes received, header lines and body.
  var byteCount: Int { headerBytes + (matched ?? body.count) }

  /// Returns the reply, once it is complete or cut.
  ///
  /// The body is moved out, so that its padding is added in place.
  mutating func takeResponse() -> HTTPResponse {
    if let expected, let count = matched {
      if count == expected.count { return HTTPResponse(status: status, headers: headers, body: .asExpected) }
      stopMatching(at: count, adding: 0)
    }
    var bytes: [UInt8] = []
    swap(&bytes, &body)
    bytes.reserveCapacity(bytes.count + PaddedBytes.padding)
    return HTTPResponse(status: status, headers: headers, body: .bytes(PaddedBytes(consume bytes)))
  }
}

/// The header lines of one request for libcurl: those of the request, and of libcurl's own only `Host` and
/// `Content-Length`.
@safe final class HeaderList {
  /// The headers that libcurl would add by itself; a name with nothing after the colon removes one.
  private static let unwanted = ["Accept:", "Content-Type:", "Expect:"]

  private(set) var list: OpaquePointer?
  private let headers: [HTTPRequest.Header]

  /// - Throws: ``HTTPFailure`` if a name or value contains invalid characters, such as line breaks.
  init(_ headers: [HTTPRequest.Header]) throws(HTTPFailure) {
    unsafe list = nil
    self.headers = headers
    for header in headers {
      let value = header.value.reveal()
      guard HeaderText.isName(header.name), HeaderText.isValue(value) else {
        throw HTTPFailure(.unreachable, "a header of the request is not valid")
      }
      // libcurl sends an empty value only if the colon is replaced by a semicolon.
      append(value.allSatisfy { $0 == " " || $0 == "\t" } ? header.name + ";" : header.name + ": " + value)
    }
    for line in Self.unwanted where !Self.contains(headers, line.dropLast()) { append(line) }
    if !Self.contains(headers, "accept-encoding") { append("Accept-Encoding: identity") }
  }

  /// Whether the list was made from exactly these headers.
  func matches(_ others: [HTTPRequest.Header]) -> Bool {
    headers.count == others.count
      && zip(headers, others).allSatisfy { $0.name == $1.name && $0.value == $1.value }
  }

  deinit {
    unsafe curl_slist_free_all(list)
  }

  private static func contains(_ headers: [HTTPRequest.Header], _ name: some StringProtocol) -> Bool {
    headers.contains { header in
      header.name.utf8.count == name.utf8.count
        && zip(header.name.utf8, name.utf8).allSatisfy { Self.lowercase($0) == Self.lowercase($1) }
    }
  }

  /// Returns a byte of an ASCII header name in lower case.
  private static func lowercase(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }

  private func append(_ line: String) {
    guard let longer = unsafe curl_slist_append(list, line) else { preconditionFailure("no memory for a header") }
    unsafe list = longer
  }
}

/// Functions that parse and validate header lines.
enum HeaderText {
  /// Whether part of a line equals a lower-case text, ignoring case.
  static func isEqual(_ line: Span<UInt8>, _ range: Range<Int>, to lowercase: String) -> Bool {
    let text = lowercase.utf8
    guard range.count == text.count else { return false }
    return zip(range, text).allSatisfy { index, byte in
      let other = line[index]
      return byte == ((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(other) ? other | 0x20 : other)
    }
  }

  /// Returns part of a line as text, without surrounding white space; invalid UTF-8 becomes U+FFFD.
  static func string(_ line: Span<UInt8>, _ range: Range<Int>) -> String {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isSpace(line[start]) { start += 1 }
    while end > start, isSpace(line[end - 1]) { end -= 1 }
    return String(decoding: (start..<end).map { line[$0] }, as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  /// Whether a text is a valid header name (RFC 9110, section 5.1).
  static func isName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default:
          "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// Whether a text is a valid header value, which cannot end its line.
  static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }
  }
}
