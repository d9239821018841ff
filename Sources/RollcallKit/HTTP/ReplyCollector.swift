import CCurl
import Libc
import RollcallCore

/// Takes one reply in, piece by piece as it arrives, and holds it to its limits.
struct ReplyCollector {
  /// Why no more of a reply is wanted.
  enum Refusal: Equatable {
    /// The body is longer than its limit, but only the status counts.
    case cut
    case bodyTooLarge
    case headersTooLarge
    /// It is encoded for the way, which nobody asked for.
    case unaskedTransferEncoding
  }

  private let limits: HTTPLimits
  private let expected: PaddedBytes?

  private(set) var refusal: Refusal?
  private(set) var status = 0
  /// Whether the last header line of the reply itself, not of an interim one, has arrived.
  private(set) var headersAreComplete = false
  private var headers: [String: String] = [:]
  private var headerBytes = 0
  private var announced: Int?
  /// How many bytes were as expected so far; nil once one was not.
  private var matched: Int?
  private var body: [UInt8] = []

  init(limits: HTTPLimits, expected: PaddedBytes?) {
    self.limits = limits
    self.expected = expected
    matched = expected == nil ? nil : 0
  }

  // MARK: Headers

  /// Takes one header line, with its end.
  ///
  /// - Returns: whether the reply is still wanted.
  mutating func receive(headerLine line: Span<UInt8>) -> Bool {
    headerBytes += line.count
    guard headerBytes <= limits.headers else { return refuse(.headersTooLarge) }
    // Trailers count, but say nothing.
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
      guard encoding == "chunked" || encoding == "identity" else { return refuse(.unaskedTransferEncoding) }
    } else if let kept = HTTPResponse.keptHeaders.first(where: { HeaderText.isEqual(line, name, to: $0) }) {
      headers[kept] = HeaderText.string(line, value)
    }
    return true
  }

  // MARK: Body

  /// Takes the next bytes of the body.
  ///
  /// - Returns: whether the reply is still wanted.
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

  /// Makes room for more bytes and for the padding, at once for all that the reply announces.
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

  // MARK: The end

  /// How much of it has arrived: header lines and body, in bytes.
  var byteCount: Int { headerBytes + (matched ?? body.count) }

  /// The reply, once it is complete or cut.
  ///
  /// The body moves out, so that its padding is added in place.
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

/// The header lines of one request as libcurl takes them: those of the request, and none that libcurl would add by itself
/// but `Host` and `Content-Length`.
@safe final class HeaderList {
  /// What libcurl would send of its own accord; a name with nothing after the colon takes it away.
  private static let unwanted = ["Accept:", "Content-Type:", "Expect:"]

  private(set) var list: OpaquePointer?
  private let headers: [HTTPRequest.Header]

  /// - Throws: ``HTTPFailure`` where a name or a value would not stay in its line.
  init(_ headers: [HTTPRequest.Header]) throws(HTTPFailure) {
    unsafe list = nil
    self.headers = headers
    for header in headers {
      let value = header.value.reveal()
      guard HeaderText.isName(header.name), HeaderText.isValue(value) else {
        throw HTTPFailure(.unreachable, "a header of the request is not valid")
      }
      // libcurl sends an empty value only where a semicolon stands for the colon.
      append(value.allSatisfy { $0 == " " || $0 == "\t" } ? header.name + ";" : header.name + ": " + value)
    }
    for line in Self.unwanted where !Self.contains(headers, line.dropLast()) { append(line) }
    if !Self.contains(headers, "accept-encoding") { append("Accept-Encoding: identity") }
  }

  /// Whether these are the lines of just these headers.
  func hold(_ others: [HTTPRequest.Header]) -> Bool {
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

  /// Of a byte of a header's name, which is ASCII.
  private static func lowercase(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }

  private func append(_ line: String) {
    guard let longer = unsafe curl_slist_append(list, line) else { preconditionFailure("no memory for a header") }
    unsafe list = longer
  }
}

/// Reads parts of a header line.
enum HeaderText {
  /// Whether a part of a line is a text in lower case, cases apart.
  static func isEqual(_ line: Span<UInt8>, _ range: Range<Int>, to lowercase: String) -> Bool {
    let text = lowercase.utf8
    guard range.count == text.count else { return false }
    return zip(range, text).allSatisfy { index, byte in
      let other = line[index]
      return byte == ((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(other) ? other | 0x20 : other)
    }
  }

  /// A part of a line as text, without the white space around it; what is not UTF-8 becomes U+FFFD.
  static func string(_ line: Span<UInt8>, _ range: Range<Int>) -> String {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isSpace(line[start]) { start += 1 }
    while end > start, isSpace(line[end - 1]) { end -= 1 }
    return String(decoding: (start..<end).map { line[$0] }, as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  /// Whether a text is a header's name (RFC 9110, section 5.1).
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

  /// Whether a text can be a header's value: nothing in it ends the line.
  static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }
  }
}
