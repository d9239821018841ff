/// What one page of a participant list is asked for with; every value is checked before anything is sent.
package struct ParticipantListQuery: Sendable, Equatable {
  /// Why a query cannot be made.
  package enum Refusal: Error, Sendable, Equatable {
    /// `Page` is below 0.
    case page
    /// `PageSize` is not 1–1000.
    case pageSize
    /// `PageToken` does not begin as the provider's do (`PA` or `PB`), or is too long, or is not printable ASCII.
    case pageToken
    /// The provider does not document the filter, and might answer with everybody.
    case filter
  }

  /// Rows of a page.
  package static let pageSizes = 1...1000
  /// Bytes of a page token at the most.
  package static let maximumTokenLength = 512

  package let muted: Bool?
  package let hold: Bool?
  /// Twilio alone documents this filter.
  package let coaching: Bool?
  package let page: Int?
  package let pageSize: Int?
  package let pageToken: String?

  /// - Throws: ``Refusal`` for the first value out of bounds.
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

  /// The query string without its question mark; nil where nothing is asked for.
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

/// What a list of participants may be filtered by.
package enum ParticipantFilter: CaseIterable, Sendable {
  case muted
  case hold
  case coaching
}

/// Where the next page of a list is, as a link's query says it.
package struct NextPage: Equatable, Sendable {
  package let page: Int?
  package let pageSize: Int?
  package let pageToken: String?

  /// - Parameter query: without its question mark, as ``PageReply/next`` has it.
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
