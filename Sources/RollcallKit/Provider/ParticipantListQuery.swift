/// What one page of a participant list is asked for with; every value is checked before anything is sent.
public struct ParticipantListQuery: Sendable, Equatable {
  /// Why a query cannot be made.
  public enum Refusal: Error, Sendable, Equatable {
    /// `Page` is below 0.
    case page
    /// `PageSize` is not 1–1000.
    case pageSize
    /// `PageToken` does not begin with `PA` or `PB`, or is too long, or is not printable ASCII.
    case pageToken
  }

  /// Rows of a page.
  public static let pageSizes = 1...1000
  /// Bytes of a page token at the most.
  public static let maximumTokenLength = 512

  public let muted: Bool?
  public let hold: Bool?
  public let page: Int?
  public let pageSize: Int?
  public let pageToken: String?

  /// - Throws: ``Refusal`` for the first value out of bounds.
  public init(
    muted: Bool? = nil, hold: Bool? = nil, page: Int? = nil, pageSize: Int? = nil, pageToken: String? = nil
  ) throws(Refusal) {
    if let page, page < 0 { throw .page }
    if let pageSize, !Self.pageSizes.contains(pageSize) { throw .pageSize }
    if let pageToken, !Self.isToken(pageToken) { throw .pageToken }
    self.muted = muted
    self.hold = hold
    self.page = page
    self.pageSize = pageSize
    self.pageToken = pageToken
  }

  private static func isToken(_ token: String) -> Bool {
    let bytes = token.utf8
    guard bytes.count <= maximumTokenLength, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return false }
    return token.hasPrefix("PA") || token.hasPrefix("PB")
  }

  /// The query string without its question mark; nil where nothing is asked for.
  package var text: String? {
    var parts: [String] = []
    if let muted { parts.append("Muted=\(muted)") }
    if let hold { parts.append("Hold=\(hold)") }
    if let page { parts.append("Page=\(page)") }
    if let pageSize { parts.append("PageSize=\(pageSize)") }
    if let pageToken { parts.append("PageToken=\(PercentEncoding.value(pageToken))") }
    return parts.isEmpty ? nil : parts.joined(separator: "&")
  }
}
