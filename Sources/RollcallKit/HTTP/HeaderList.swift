import CCurl
import RollcallCore

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
    !text.isEmpty && text.utf8.allSatisfy(\.isInHTTPToken)
  }

  /// Whether a text is a valid header value, which cannot end its line.
  static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }
  }
}
