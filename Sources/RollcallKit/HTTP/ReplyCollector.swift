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
  private let keepsLimitHeaders: Bool

  private(set) var refusal: Refusal?
  private(set) var status = 0
  private var version: HTTPVersion?
  /// Whether the last header line of the final reply, not of an interim one, has arrived.
  private(set) var headersAreComplete = false
  private var headers: [String: String] = [:]
  private var limitHeaders = 0
  private var headerBytes = 0
  private var announced: Int?
  private var body: ArrivingBody
  /// The body as it arrives; nil unless it is gzip that the request accepts.
  private var gzip: ArrivingBody?
  private let expectedGzip: PaddedBytes?
  /// Created at the first difference from the expected gzip.
  private var inflater: Inflater?

  init(
    limits: HTTPLimits, expected: PaddedBytes?, acceptsGzip: Bool = false, expectedGzip: PaddedBytes? = nil,
    keepsLimitHeaders: Bool = false
  ) {
    self.limits = limits
    self.acceptsGzip = acceptsGzip
    self.keepsLimitHeaders = keepsLimitHeaders
    self.expectedGzip = expectedGzip
    body = ArrivingBody(expected: expected)
  }

  // MARK: Headers

  /// Receives one header line, including its end.
  ///
  /// - Returns: whether to go on reading the reply.
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
    version = Self.version(line, i, end)
    while i < end, line[i] != UInt8(ascii: " ") { i += 1 }
    while i < end, line[i] == UInt8(ascii: " ") { i += 1 }
    let start = i
    while i < end, line[i] != UInt8(ascii: " ") { i += 1 }
    status = Int(HeaderText.string(line, start..<i)) ?? 0
    headers = [:]
    limitHeaders = 0
    announced = nil
  }

  /// Reads `1.1` or `2` at the start of a range.
  private static func version(_ line: Span<UInt8>, _ start: Int, _ end: Int) -> HTTPVersion? {
    func digit(_ i: Int) -> UInt8? { i < end && line[i] &- UInt8(ascii: "0") <= 9 ? line[i] - UInt8(ascii: "0") : nil }
    guard let major = digit(start) else { return nil }
    guard start + 1 < end, line[start + 1] == UInt8(ascii: ".") else { return HTTPVersion(major) }
    return digit(start + 2).map { HTTPVersion(major, $0) }
  }

  private mutating func receive(name: Range<Int>, value: Range<Int>, of line: Span<UInt8>) -> Bool {
    if HeaderText.isEqual(line, name, to: "content-length") {
      announced = Int(HeaderText.string(line, value))
    } else if HeaderText.isEqual(line, name, to: "transfer-encoding") {
      let encoding = HeaderText.string(line, value).lowercased()
      guard encoding == "chunked" || encoding == "identity" else { return refuse(.unrequestedTransferEncoding) }
    } else if let kept = HTTPResponse.keptHeaders.first(where: { HeaderText.isEqual(line, name, to: $0) }) {
      headers[kept] = HeaderText.string(line, value)
    } else if keepsLimitHeaders, limitHeaders < HTTPResponse.maximumLimitHeaders {
      let name = HeaderText.string(line, name).lowercased()
      if HTTPResponse.concernsLimits(name) {
        headers[name] = HeaderText.string(line, value)
        limitHeaders += 1
      }
    }
    return true
  }

  // MARK: Body

  /// Receives the next bytes of the body.
  ///
  /// - Returns: whether to go on reading the reply.
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
    let byteCount = byteCount
    guard var arrived = gzip else {
      return HTTPResponse(
        status: status, headers: headers, body: body.takeOut(), version: version, byteCount: byteCount)
    }
    gzip = nil
    // The body of the response is not encoded any more.
    headers["content-encoding"] = nil
    let (contents, compressed): (HTTPResponse.Body, PaddedBytes?) =
      switch arrived.takeOut() {
      case .asExpected: (.asExpected, expectedGzip)
      case .bytes(let compressed): (body.takeOut(), compressed)
      }
    return HTTPResponse(
      status: status, headers: headers, body: contents, gzip: compressed, version: version, byteCount: byteCount)
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

  /// - Parameter announced: the announced length of the body; 0 if unknown.
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
