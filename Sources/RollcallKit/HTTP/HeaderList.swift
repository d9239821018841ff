import CCurl
import RollcallCore

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
