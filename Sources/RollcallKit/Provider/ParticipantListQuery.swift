/// The query for one page of a participant list. Every value is validated before anything is sent.
package struct ParticipantListQuery: Sendable, Equatable {
  /// Why a query is invalid.
  package enum Refusal: Error, Sendable, Equatable {
    /// `Page` is less than 0.
    case page
    /// `PageSize` is outside 1–1000.
    case pageSize
    /// `PageToken` does not begin with a prefix of the provider's (`PA` or `PB`), is too long, or is not printable
    /// ASCII.
    case pageToken
    /// The provider does not document the filter, and might ignore it.
    case filter
  }

  /// The valid numbers of rows in a page.
  package static let pageSizes = 1...1000
  /// The maximum length of a page token, in bytes.
  package static let maximumTokenLength = 512

  package let muted: Bool?
  package let hold: Bool?
  /// A filter that only Twilio documents.
  package let coaching: Bool?
  package let page: Int?
  package let pageSize: Int?
  package let pageToken: String?

  /// The query for all participants.
  static let everybody = ParticipantListQuery()

  private init() { (muted, hold, coaching, page, pageSize, pageToken) = (nil, nil, nil, nil, nil, nil) }

  /// - Throws: ``Refusal`` for the first invalid value.
  package init(
    muted: Bool? = nil, hold: Bool? = nil, coaching: Bool? = nil, page: Int? = nil, pageSize: Int? = nil,
    pageToken: String? = nil,
    of provider: Provider = .signalWire
  ) throws(Refusal) {
    let dialect = provider.dialect
    let filters = [ParticipantFilter.muted: muted, .hold: hold, .coaching: coaching].compactMapValues(\.self)
    guard filters.keys.allSatisfy(dialect.participantFilters.contains) else { throw .filter }
    if let page, page < 0 { throw .page }
    if let pageSize, !Self.pageSizes.contains(pageSize) { throw .pageSize }
    if let pageToken, !dialect.isPageToken(pageToken) { throw .pageToken }
    self.muted = muted
    self.hold = hold
    self.coaching = coaching
    self.page = page
    self.pageSize = pageSize
    self.pageToken = pageToken
  }

  /// The query string without its question mark; nil if it is empty.
  package var text: String? {
    var parts: [String] = []
    if let muted { parts.append("Muted=\(muted)") }
    if let hold { parts.append("Hold=\(hold)") }
    if let coaching { parts.append("Coaching=\(coaching)") }
    if let page { parts.append("Page=\(page)") }
    if let pageSize { parts.append("PageSize=\(pageSize)") }
    if let pageToken { parts.append("PageToken=\(PercentEncoding.value(pageToken))") }
    return parts.isEmpty ? nil : parts.joined(separator: "&")
  }
}

/// The filters of a participant list.
package enum ParticipantFilter: CaseIterable, Sendable {
  case muted
  case hold
  case coaching
}

/// The position of a list's next page, read from the query of its link.
package struct NextPage: Equatable, Sendable {
  package let page: Int?
  package let pageSize: Int?
  package let pageToken: String?

  /// - Parameter query: the query without its question mark, as in ``PageReply/next``.
  package init(query: String) {
    var values: [Substring: String] = [:]
    for part in query.split(separator: "&") {
      guard let mark = part.firstIndex(of: "=") else { continue }
      values[part[..<mark]] = PercentEncoding.decoded(part[part.index(after: mark)...])
    }
    page = values["Page"].flatMap { Int($0) }
    pageSize = values["PageSize"].flatMap { Int($0) }
    pageToken = values["PageToken"]
  }
}
