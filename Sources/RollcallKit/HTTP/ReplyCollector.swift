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
    /// The gzip is damaged or incomplete.
    case invalidGzip
  }

  private let limits: HTTPLimits
  private let acceptsGzip: Bool

  private(set) var refusal: Refusal?
  private(set) var status = 0
  /// Whether the last header line of the final reply, not of an interim one, has arrived.
  private(set) var headersAreComplete = false
  private var headers: [String: String] = [:]
  private var headerBytes = 0
  private var announced: Int?
  private var body: ArrivingBody
  /// The body as it arrives; nil unless it is gzip that the request accepts.
  private var gzip: ArrivingBody?
  private let expectedGzip: PaddedBytes?
  /// Created at the first difference from the expected gzip.
  private var inflater: Inflater?

  init(limits: HTTPLimits, expected: PaddedBytes?, acceptsGzip: Bool = false, expectedGzip: PaddedBytes? = nil) {
    self.limits = limits
    self.acceptsGzip = acceptsGzip
    self.expectedGzip = expectedGzip
    body = ArrivingBody(expected: expected)
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
    if gzip == nil, body.count == 0, acceptsGzip, isGzip {
      gzip = ArrivingBody(expected: expectedGzip, ignoring: ArrivingBody.gzipTime)
    }
    guard gzip == nil else { return unsafe receive(gzipBytes: bytes) }
    let room = limits.body - body.count
    guard bytes.count <= room else {
      guard limits.ignoresExcess else { return refuse(.bodyTooLarge) }
      unsafe body.take(UnsafeRawBufferPointer(rebasing: bytes[..<room]), announced: announcedRoom)
      return refuse(.cut)
    }
    unsafe body.take(bytes, announced: announcedRoom)
    return true
  }

  private var isGzip: Bool {
    headers["content-encoding"].map { ["gzip", "x-gzip"].contains($0.lowercased()) } ?? false
  }

  private var announcedRoom: Int { min(max(announced ?? 0, 0), limits.body) }

  private mutating func receive(gzipBytes bytes: UnsafeRawBufferPointer) -> Bool {
    guard var arriving = gzip else { return false }
    gzip = nil
    defer { gzip = arriving }
    guard bytes.count <= limits.body - arriving.count else { return refuse(.bodyTooLarge) }
    let wasExpected = arriving.isAsExpectedSoFar
    unsafe arriving.take(bytes, announced: announcedRoom)
    if arriving.isAsExpectedSoFar { return true }
    guard wasExpected else { return unsafe inflate(bytes) }
    // Everything up to here was only compared.
    return unsafe arriving.bytes.withUnsafeBytes { unsafe inflate($0) }
  }

  private mutating func inflate(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let inflater = inflater ?? Inflater() else { return refuse(.invalidGzip) }
    self.inflater = inflater
    var isTooLong = false
    do throws(Inflater.Failure) {
      unsafe try inflater.inflate(bytes) { output in
        isTooLong = output.count > limits.body - body.count
        if !isTooLong { unsafe body.take(output, announced: 0) }
        return !isTooLong
      }
    } catch {
      return refuse(error == .refused ? .bodyTooLarge : .invalidGzip)
    }
    return true
  }

  private mutating func refuse(_ reason: Refusal) -> Bool {
    refusal = reason
    return false
  }

  // MARK: The reply

  /// The number of bytes received, header lines and body.
  var byteCount: Int { headerBytes + (gzip?.count ?? body.count) }

  /// Ends the body: incomplete gzip is refused.
  mutating func finish() {
    guard refusal == nil, let gzip, !gzip.isAsExpected, gzip.count > 0 else { return }
    if gzip.isAsExpectedSoFar {
      // The reply is a prefix of the expected one.
      let bytes = gzip.copied
      guard unsafe bytes.withUnsafeBytes({ unsafe inflate($0) }) else { return }
    }
    if inflater?.isComplete != true { refusal = .invalidGzip }
  }

  /// Returns the reply, once it is complete or cut.
  ///
  /// The body is moved out, so that its padding is added in place.
  mutating func takeResponse() -> HTTPResponse {
    guard var arrived = gzip else { return HTTPResponse(status: status, headers: headers, body: body.takeOut()) }
    gzip = nil
    // The body of the response is not encoded any more.
    headers["content-encoding"] = nil
    guard !arrived.isAsExpected else {
      return HTTPResponse(status: status, headers: headers, body: .asExpected, gzip: expectedGzip)
    }
    guard case .bytes(let compressed) = arrived.takeOut() else {
      return HTTPResponse(status: status, headers: headers, body: body.takeOut(), gzip: expectedGzip)
    }
    return HTTPResponse(status: status, headers: headers, body: body.takeOut(), gzip: compressed)
  }
}

/// A body that is compared with the expected bytes while it arrives, and copied only once it differs.
private struct ArrivingBody {
  /// The time stamp in a gzip header, which may differ for the same contents (MTIME in RFC 1952, section 2.3).
  static let gzipTime = 4..<8

  private let expected: PaddedBytes?
  /// The bytes that may differ from the expected ones.
  private let ignored: Range<Int>
  /// Those bytes as they arrived.
  private var ignoredBytes: [UInt8] = []
  /// The number of leading bytes that equal the expected ones; nil after the first difference.
  private var matched: Int?
  /// All bytes received, after the first difference.
  private(set) var bytes: [UInt8] = []

  init(expected: PaddedBytes?, ignoring ignored: Range<Int> = 0..<0) {
    self.expected = expected
    self.ignored = ignored
    matched = expected == nil ? nil : 0
  }

  var count: Int { matched ?? bytes.count }

  var isAsExpectedSoFar: Bool { matched != nil }

  var isAsExpected: Bool { expected != nil && matched == expected?.count }

  /// All bytes received.
  var copied: [UInt8] {
    guard let expected, let matched else { return bytes }
    return start(of: expected, matched)
  }

  /// - Parameter announced: The announced length of the body; 0 if unknown.
  mutating func take(_ part: UnsafeRawBufferPointer, announced: Int) {
    guard let count = matched else {
      reserve(adding: part.count, announced)
      return unsafe bytes.append(contentsOf: part)
    }
    for place in ignored where (count..<count + part.count).contains(place) {
      unsafe ignoredBytes.append(part[place - count])
    }
    if unsafe isExpected(part, at: count) {
      matched = count + part.count
      return
    }
    matched = nil
    reserve(adding: count + part.count, announced)
    if let expected { bytes.append(contentsOf: start(of: expected, count)) }
    unsafe bytes.append(contentsOf: part)
  }

  private func start(of expected: PaddedBytes, _ count: Int) -> [UInt8] {
    var start = Array(expected.storage[..<count])
    for (place, byte) in zip(ignored, ignoredBytes) where place < count { start[place] = byte }
    return start
  }

  @unsafe private func isExpected(_ part: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    guard let expected, part.count <= expected.count - offset else { return false }
    let all = 0..<part.count
    let skipped = (ignored.lowerBound - offset..<ignored.upperBound - offset).clamped(to: all)
    guard !skipped.isEmpty else { return unsafe isEqual(part, all, to: expected, offset) }
    return unsafe isEqual(part, 0..<skipped.lowerBound, to: expected, offset)
      && isEqual(part, skipped.upperBound..<part.count, to: expected, offset)
  }

  @unsafe private func isEqual(
    _ part: UnsafeRawBufferPointer, _ range: Range<Int>, to expected: PaddedBytes, _ offset: Int
  ) -> Bool {
    guard !range.isEmpty, let start = part.baseAddress else { return true }
    return unsafe expected.storage.withUnsafeBytes { all in
      guard let base = all.baseAddress else { return false }
      return unsafe memcmp(base + offset + range.lowerBound, start + range.lowerBound, range.count) == 0
    }
  }

  /// Reserves room for more bytes and the padding, at first for all of the announced length.
  private mutating func reserve(adding more: Int, _ announced: Int) {
    let needed = bytes.count + more + PaddedBytes.padding
    guard needed > bytes.capacity else { return }
    bytes.reserveCapacity(max(needed, bytes.isEmpty ? announced + PaddedBytes.padding : 2 * bytes.capacity))
  }

  /// Moves the body out in the form of a response.
  mutating func takeOut() -> HTTPResponse.Body {
    if isAsExpected { return .asExpected }
    var taken: [UInt8] = []
    if isAsExpectedSoFar { taken = copied } else { swap(&taken, &bytes) }
    matched = nil
    taken.reserveCapacity(taken.count + PaddedBytes.padding)
    return .bytes(PaddedBytes(consume taken))
  }
}

/// The header lines of one request for libcurl: those of the request, and of libcurl's own only `Host` and
/// `Content-Length`.
@safe final class HeaderList {
  /// The headers that libcurl would add by itself; a name with nothing after the colon removes one.
  private static let unwanted = ["Accept:", "Content-Type:", "Expect:"]

  private(set) var list: OpaquePointer?
  private let headers: [HTTPRequest.Header]
  private let acceptsGzip: Bool

  /// - Throws: ``HTTPFailure`` if a name or value contains invalid characters, such as line breaks.
  init(_ headers: [HTTPRequest.Header], acceptsGzip: Bool) throws(HTTPFailure) {
    self.acceptsGzip = acceptsGzip
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
    if !Self.contains(headers, "accept-encoding") { append("Accept-Encoding: \(acceptsGzip ? "gzip" : "identity")") }
  }

  /// Whether the list was made for exactly these headers.
  func matches(_ others: [HTTPRequest.Header], acceptsGzip: Bool) -> Bool {
    headers.count == others.count && self.acceptsGzip == acceptsGzip
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
