/// The pages of one look at a conference, while they come in.
package struct Scan: Sendable {
  /// Pages of one scan at the most.
  static let maximumPages = 64
  /// Rows of one scan at the most.
  static let maximumRows = 20_000
  /// Bytes of one scan's pages at the most: 20 000 rows of the usual 600 bytes. The pages stay in memory until the next scan.
  static let maximumBytes = 12 << 20

  /// When the first page was asked for.
  let start: Timestamp
  /// When the page that is under way was asked for.
  var askedAt: Timestamp
  /// How far the stream's clock is ahead of the provider's at the least; nil where no reply says what that shows.
  ///
  /// Counted from when a page was asked for, since the provider wrote its date after that.
  private(set) var clockLead: Duration?
  private(set) var pages: [Page] = []
  /// How the last page differs from the one that stood there in the last complete scan.
  private(set) var delta: PageDelta?
  private(set) var isUnchanged = true
  /// The pages of the first pass, where this is the second.
  private(set) var earlierPages: [Page]?
  private(set) var hasRestarted = false
  /// What is left of the time that one poll may spend on questions.
  private(set) var timeForQuestions = ConferenceTracker.confirmationTime
  /// Whether the list of the first pass was a 404.
  var wasNotFound = false
  private var tokens: Set<Substring> = []
  private var rowCount = 0
  private var byteCount = 0
  private var calls: Set<CallSID> = []

  package init(start: Timestamp) {
    self.start = start
    askedAt = start
  }

  var isSecondPass: Bool { earlierPages != nil }

  /// Whether no page of this pass was full: then a link that leads nowhere is only a careless one.
  private var isEveryPageShort: Bool { pages.allSatisfy(\.isShort) }

  /// Takes the next page in.
  ///
  /// - Returns: the query of the page to ask for now, nil where the list is complete.
  package mutating func take(_ reply: PageReply, comparedWith old: Page?) throws(ScanFailure) -> String? {
    if let date = reply.date { clockLead = min(clockLead ?? askedAt - date, askedAt - date) }
    let page: Page
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
      throw .malformed(reason: "a page with a next link shows nobody new")
    }
    guard pages.count < Self.maximumPages else { throw .malformed(reason: "more than \(Self.maximumPages) pages") }
    guard tokens.insert(NextPageLink.token(of: next)).inserted else {
      if isEveryPageShort { return nil }
      throw .malformed(reason: "the list repeats a page token")
    }
    return next
  }

  /// Begins anew after the provider lost the page token; only once.
  package mutating func restart() -> Bool {
    guard !hasRestarted else { return false }
    hasRestarted = true
    resetPass()
    return true
  }

  /// Keeps what has come and looks once more, after a question that took so long.
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

  /// Everybody whom the scan shows, each once, in the order of the list.
  package var people: [ListedParticipant] {
    var tally = StatusTally()
    for page in pages { tally.add(page) }
    var rows = mergedRows(whereStatusesAreLive: tally.isLive)
    return pages.flatMap { page in page.rows.indices.compactMap { rows.removeValue(forKey: page.callSID(of: $0)) } }
  }

  /// Everybody whom the scan shows, each once.
  func mergedRows(whereStatusesAreLive isLive: Bool) -> [CallSID: ListedParticipant] {
    var merged: [CallSID: ListedParticipant] = [:]
    // Growing by and by would take as much again, and a process that watches keeps its memory.
    merged.reserveCapacity(pages.reduce(0) { $0 + $1.rows.count })
    for page in (earlierPages ?? []) + pages {
      for index in page.rows.indices {
        let row = page.participant(index)
        merged[row.callSID] = merged[row.callSID].map { Self.better($0, row, whereStatusesAreLive: isLive) } ?? row
      }
    }
    return merged
  }

  /// Of two rows of one call: the greater `date_updated`, then the one in the room, then the later page.
  static func better(
    _ earlier: ListedParticipant, _ later: ListedParticipant, whereStatusesAreLive isLive: Bool
  ) -> ListedParticipant {
    if let first = earlier.dateUpdated, let second = later.dateUpdated, first != second {
      return first > second ? earlier : later
    }
    let (first, second) = (earlier.presence, later.presence)
    let isEarlierAlone =
      first.isInRoom(whereStatusesAreLive: isLive) && !second.isInRoom(whereStatusesAreLive: isLive)
    return isEarlierAlone ? earlier : later
  }
}
