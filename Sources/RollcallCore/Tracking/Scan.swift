/// One scan of a conference, while its pages arrive.
package struct Scan: Sendable {
  /// The maximum number of pages in one scan.
  static let maximumPages = 64
  /// The maximum number of rows in one scan.
  static let maximumRows = 20_000
  /// The maximum size of one scan's pages in bytes: 20 000 rows of 600 bytes. Pages stay in memory until the next scan.
  static let maximumBytes = 12 << 20

  /// When the first page was requested.
  let start: Timestamp
  /// When the current page was requested.
  var askedAt: Timestamp
  /// The minimum by which the stream's clock is ahead of the provider's; nil if no reply has a date.
  ///
  /// Measured from the request for a page, because the provider wrote its date after that.
  private(set) var clockLead: Duration?
  private(set) var pages: [Page] = []
  /// How the last page differs from the page at its place in the last complete scan.
  private(set) var delta: PageDelta?
  private(set) var isUnchanged = true
  /// The pages of the first pass if this is the second.
  private(set) var earlierPages: [Page]?
  private(set) var hasRestarted = false
  /// The time left for this poll's confirmations.
  private(set) var timeForQuestions = ConferenceTracker.confirmationTime
  /// Whether the list of the first pass was a 404.
  var wasNotFound = false
  private var tokens: Set<Substring> = []
  private var rowCount = 0
  /// The size of all pages after inflating.
  private(set) var byteCount = 0
  private var calls: Set<CallSID> = []

  package init(start: Timestamp) {
    self.start = start
    askedAt = start
  }

  var isSecondPass: Bool { earlierPages != nil }

  /// Whether no page of this pass was full, so that a needless next link ends the list instead of failing the scan.
  private var isEveryPageShort: Bool { pages.allSatisfy(\.isShort) }

  /// Adds the next page.
  ///
  /// - Returns: the query of the page to request next; nil if the list is complete.
  package mutating func take(_ reply: PageReply, comparedWith old: Page?) throws(ScanFailure) -> String? {
    if let date = reply.date { clockLead = min(clockLead ?? askedAt - date, askedAt - date) }
    var page: Page
    switch reply.content {
    case .unchanged:
      guard let old else { throw .malformed(reason: "an unchanged page without a page before it") }
      page = old
      delta = nil
    case .page(let new, let difference):
      page = new
      delta = difference
      isUnchanged = false
    }
    if let validators = reply.validators { page.validators = validators }
    pages.append(page)
    rowCount += page.rows.count
    guard rowCount <= Self.maximumRows else { throw .malformed(reason: "more than \(Self.maximumRows) rows") }
    byteCount += page.bytes.count
    guard byteCount <= Self.maximumBytes else {
      throw .malformed(reason: "more than \(Self.maximumBytes) bytes of pages")
    }
    guard let next = reply.next else { return nil }
    let known = calls.count
    for index in page.rows.indices { calls.insert(page.callSID(of: index)) }
    guard calls.count > known else {
      if isEveryPageShort { return nil }
      throw .malformed(reason: "a page with a next link lists no new participants")
    }
    guard pages.count < Self.maximumPages else { throw .malformed(reason: "more than \(Self.maximumPages) pages") }
    guard tokens.insert(NextPageLink.token(of: next)).inserted else {
      if isEveryPageShort { return nil }
      throw .malformed(reason: "the list repeats a page token")
    }
    return next
  }

  /// Restarts the scan, only once, after the provider lost the page token.
  package mutating func restart() -> Bool {
    guard !hasRestarted else { return false }
    hasRestarted = true
    resetPass()
    return true
  }

  /// Keeps the pages and begins a second pass, after a question that took `time`.
  mutating func beginSecondPass(afterAsking time: Duration) {
    timeForQuestions -= time
    earlierPages = pages
    hasRestarted = false
    resetPass()
  }

  private mutating func resetPass() {
    pages = []
    delta = nil
    isUnchanged = false
    tokens = []
    rowCount = 0
    byteCount = 0
    calls = []
  }

  /// The row of every participant in the scan, in the order of the list.
  package var people: [ParticipantRow] {
    var tally = StatusTally()
    for page in pages { tally.add(page) }
    var rows = mergedRows(whereStatusesAreLive: tally.isLive)
    return pages.flatMap { page in page.rows.indices.compactMap { rows.removeValue(forKey: page.callSID(of: $0)) } }
  }

  /// Returns the row of every participant in the scan.
  func mergedRows(whereStatusesAreLive isLive: Bool) -> [CallSID: ParticipantRow] {
    var merged: [CallSID: ParticipantRow] = [:]
    // Growing step by step would take as much again, and a long-running process keeps its memory.
    merged.reserveCapacity(pages.reduce(0) { $0 + $1.rows.count })
    for page in (earlierPages ?? []) + pages {
      for index in page.rows.indices {
        let row = page.participant(index)
        merged[row.callSID] = merged[row.callSID].map { Self.better($0, row, whereStatusesAreLive: isLive) } ?? row
      }
    }
    return merged
  }

  /// Returns the better of two rows of one call: the greater `date_updated`, then the one in the room, then the later
  /// page.
  static func better(
    _ earlier: ParticipantRow, _ later: ParticipantRow, whereStatusesAreLive isLive: Bool
  ) -> ParticipantRow {
    if let first = earlier.dateUpdated, let second = later.dateUpdated, first != second {
      return first > second ? earlier : later
    }
    let (first, second) = (earlier.presence, later.presence)
    let isEarlierAlone =
      first.isInRoom(whereStatusesAreLive: isLive) && !second.isInRoom(whereStatusesAreLive: isLive)
    return isEarlierAlone ? earlier : later
  }
}

/// Reads the provider's links to a next page. Only the query is used: origin and path stay ours.
package enum NextPageLink {
  /// The maximum length of a link in bytes.
  package static let maximumLength = 2048
  /// The beginning of a list's path, which the provider's links may omit.
  private static let optionalPrefix = "/api/laml"
  private static let optionalSuffix = ".json"
  private static let key = "PageToken="

  /// Returns the query string of a link, without its question mark.
  ///
  /// - Parameters:
  ///   - link: relative to the host, or absolute.
  ///   - origin: scheme, host and port that the list was requested from, such as `https://example.signalwire.com`.
  ///   - path: the list's path as it is sent, without `.json`, such as `/api/laml/2010-04-01/Accounts/…/Participants`.
  /// - Throws: ``LinkRefusal`` unless the link leads to another page of the same list.
  package static func query(of link: String, origin: String, path: String) throws(LinkRefusal) -> String {
    let bytes = Array(link.utf8)
    guard bytes.count <= maximumLength else { throw .tooLong }
    guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) else { throw .character }
    guard !bytes.contains(UInt8(ascii: "#")) else { throw .fragment }
    let local = try withoutOrigin(ArraySlice(bytes), origin)
    let mark = local.firstIndex(of: UInt8(ascii: "?")) ?? local.endIndex
    guard isSameList(local[..<mark], path) else { throw .otherList }
    let query = local[mark...].dropFirst()
    guard !query.isEmpty else { throw .noQuery }
    try check(query)
    return String(decoding: query, as: UTF8.self)
  }

  /// Returns the part of a query that identifies the page: its `PageToken`, or the whole query if it has none.
  package static func token(of query: String) -> Substring {
    query.split(separator: "&").first { $0.hasPrefix(key) }?.dropFirst(key.count) ?? Substring(query)
  }

  /// Returns whether a query has a page token.
  package static func hasToken(_ query: String) -> Bool { query.split(separator: "&").contains { $0.hasPrefix(key) } }

  private static func withoutOrigin(
    _ link: ArraySlice<UInt8>, _ origin: String
  ) throws(LinkRefusal) -> ArraySlice<UInt8> {
    let slash = UInt8(ascii: "/")
    if link.first == slash {
      guard link.dropFirst().first != slash else { throw .otherOrigin }
      return link
    }
    let path = link.prefix { $0 != UInt8(ascii: "?") }
    guard path.contains(UInt8(ascii: ":")) else { throw .otherList }
    // Scheme and host have no case (RFC 3986 section 6.2.2.1).
    let named = link.prefix(origin.utf8.count)
    guard named.map(lowercased).elementsEqual(origin.utf8.map(lowercased)) else { throw .otherOrigin }
    let rest = link.dropFirst(origin.utf8.count)
    guard rest.first == slash else { throw .otherOrigin }
    return rest
  }

  private static func isSameList(_ linked: ArraySlice<UInt8>, _ path: String) -> Bool {
    let own = [path, path.hasPrefix(optionalPrefix + "/") ? String(path.dropFirst(optionalPrefix.count)) : path]
    let plain = withPlainColons(linked)
    return own.contains { plain.elementsEqual($0.utf8) || plain.elementsEqual(($0 + optionalSuffix).utf8) }
  }

  /// Decodes colons: a sid may contain some, and a provider is free to encode them.
  static func withPlainColons(_ path: ArraySlice<UInt8>) -> [UInt8] {
    var plain: [UInt8] = []
    var rest = path
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.prefix(2).map(lowercased).elementsEqual("3a".utf8) {
        plain.append(UInt8(ascii: ":"))
        rest = rest.dropFirst(2)
      } else {
        plain.append(byte)
      }
    }
    return plain
  }

  private static func check(_ query: ArraySlice<UInt8>) throws(LinkRefusal) {
    var rest = query
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        guard isAllowed(byte) else { throw .character }
        continue
      }
      guard let high = rest.popFirst()?.hexadecimalValue, let low = rest.popFirst()?.hexadecimalValue else {
        throw .percentEncoding
      }
      let hidden = high << 4 | low
      guard hidden >= 0x20, hidden != 0x7f else { throw .percentEncoding }
    }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    byte.isASCIILetterOrDigit || "._~-&=+:,/".utf8.contains(byte)
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
  }
}

/// Why a link to a next page is not followed, so that the scan fails.
package enum LinkRefusal: Error, Equatable, Sendable {
  case tooLong
  /// The link has white space, a control character, a backslash, or a character that no query needs.
  case character
  /// A percent sign is not followed by two hexadecimal digits, or encodes a control character.
  case percentEncoding
  case fragment
  case otherOrigin
  /// The path is not the list's own: another account, another conference, dot segments.
  case otherList
  /// There is no query, so the link would lead back to the first page.
  case noQuery

  /// A one-line description that contains no part of the link.
  package var text: String {
    switch self {
    case .tooLong: "next_page_uri is longer than \(NextPageLink.maximumLength) bytes"
    case .character: "next_page_uri has a character that is not allowed"
    case .percentEncoding: "next_page_uri is not percent-encoded properly"
    case .fragment: "next_page_uri has a fragment"
    case .otherOrigin: "next_page_uri names another origin"
    case .otherList: "next_page_uri names another list"
    case .noQuery: "next_page_uri has no query"
    }
  }
}
