/// What a list of participants may be asked for. Watching never filters: leaving a filter looks like leaving the room.
package struct ParticipantListQuery: Sendable, Equatable {
  package static let pageSizes = 1...1000
  package static let maximumToken = 1024

  /// The query string, without `?`; empty where nothing is asked for.
  package let text: String

  /// Every page of the list in as few requests as the provider allows.
  package static let everything = ParticipantListQuery(text: "PageSize=1000")

  private init(text: String) { self.text = text }

  /// - Parameters:
  ///   - page: at least 0.
  ///   - pageSize: 1–1000; nil leaves the provider's 50.
  ///   - pageToken: begins with `PA` or `PB`.
  /// - Returns: nil where a value is out of its bounds.
  package init?(
    muted: Bool? = nil, hold: Bool? = nil, page: Int? = nil, pageSize: Int? = nil, pageToken: String? = nil
  ) {
    if let page, page < 0 { return nil }
    if let pageSize, !Self.pageSizes.contains(pageSize) { return nil }
    if let token = pageToken {
      guard token.hasPrefix("PA") || token.hasPrefix("PB"), token.utf8.count <= Self.maximumToken else { return nil }
    }
    let pairs: [(String, String?)] = [
      ("Muted", muted.map { "\($0)" }), ("Hold", hold.map { "\($0)" }), ("Page", page.map { "\($0)" }),
      ("PageSize", pageSize.map { "\($0)" }), ("PageToken", pageToken.map(PercentEncoding.encode)),
    ]
    text = pairs.compactMap { name, value in value.map { "\(name)=\($0)" } }.joined(separator: "&")
  }
}

/// Percent-encoding of one component of a URL. Source: RFC 3986 section 2.
enum PercentEncoding {
  static func encode(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
        UInt8(ascii: "-"):
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        encoded += "%" + (hex.count == 1 ? "0" : "") + hex
      }
    }
    return encoded
  }
}
