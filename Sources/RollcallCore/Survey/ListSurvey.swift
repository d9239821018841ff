/// What the contents of a conference's lists showed during a survey.
package struct ListSurvey: Sendable {
  /// The number of complete lists, and of those that differed from the list before.
  package private(set) var lists = 0
  package private(set) var changed = 0
  /// The smallest and the largest number of participants in the room.
  package private(set) var people: ClosedRange<Int>?
  /// The largest number of pages, and of bytes of all pages after inflating.
  package private(set) var pages = 0
  package private(set) var bytes = 0
  package private(set) var order = OrderSurvey()
  package private(set) var statuses = StatusSurvey()
  package private(set) var dates = DateSurvey()
  package private(set) var pageSize = PageSizeSurvey()

  /// The pages of the last complete list.
  private var last: [Page] = []

  package init() {}

  /// Returns the page at a position of the last complete list; nil if it had fewer pages.
  package func page(at ordinal: Int) -> Page? { last.indices.contains(ordinal) ? last[ordinal] : nil }

  /// Takes a complete list, whose pages were compared with those of ``page(at:)``.
  mutating func take(_ scan: Scan) {
    let isFirst = lists == 0
    // A scan that was restarted does not know whether all its pages are unchanged.
    let isUnchanged = scan.isUnchanged || scan.hasRestarted && Self.areEqual(scan.pages, last)
    lists += 1
    last = scan.pages
    pages = max(pages, scan.pages.count)
    bytes = max(bytes, scan.byteCount)
    pageSize.take(scan.pages)
    defer { dates.endList(at: scan.start) }
    guard isFirst || !isUnchanged else { return }
    if !isFirst { changed += 1 }
    let rows = scan.people
    let count = rows.countInRoom
    people = people.map { min($0.lowerBound, count)...max($0.upperBound, count) } ?? count...count
    order.take(rows)
    statuses.take(rows)
    dates.take(rows, at: scan.start)
  }

  private static func areEqual(_ pages: [Page], _ others: [Page]) -> Bool {
    pages.count == others.count && zip(pages, others).allSatisfy { $0.bytes.storage == $1.bytes.storage }
  }
}

/// In which order a list names the participants.
package struct OrderSurvey: Sendable {
  /// An order that could be recognised.
  package enum Order: String, CaseIterable, Sendable {
    case newestFirst = "newest_first"
    case oldestFirst = "oldest_first"
    case callSID = "call_sid"
    case callSIDDescending = "call_sid_descending"

    /// Whether two neighbours have this order; nil if they do not tell.
    fileprivate func holds(_ first: ParticipantRow, _ second: ParticipantRow) -> Bool? {
      switch self {
      case .newestFirst, .oldestFirst:
        guard let created = first.dateCreated, let next = second.dateCreated, created != next else { return nil }
        return (created > next) == (self == .newestFirst)
      case .callSID: return first.callSID.text < second.callSID.text
      case .callSIDDescending: return first.callSID.text > second.callSID.text
      }
    }
  }

  private var candidates = Set(Order.allCases)
  /// The orders that any pair of neighbours has shown.
  private var seen: Set<Order> = []
  private var calls: [CallSID] = []
  /// The number of lists in which participants who had stayed changed places.
  package private(set) var reordered = 0

  /// The order of all lists; nil if there is none, or too few participants to tell.
  package var order: Order? { Order.allCases.first { candidates.contains($0) && seen.contains($0) } }

  /// Whether there were two participants to compare.
  package private(set) var isKnown = false

  fileprivate mutating func take(_ rows: [ParticipantRow]) {
    for (first, second) in zip(rows, rows.dropFirst()) {
      isKnown = true
      for order in Order.allCases {
        switch order.holds(first, second) {
        case true: seen.insert(order)
        case false: candidates.remove(order)
        case nil: break
        }
      }
    }
    let (now, before) = (rows.map(\.callSID), calls)
    let (present, earlier) = (Set(now), Set(before))
    if now.filter(earlier.contains) != before.filter(present.contains) { reordered += 1 }
    calls = now
  }
}

/// Which statuses participants have, and whether they mean anything.
package struct StatusSurvey: Sendable {
  /// The maximum number of different statuses that are kept.
  private static let maximumStatuses = 32
  /// The maximum length of a status that is shown, in characters.
  private static let maximumText = 24

  /// The largest number of participants of one list with each status; `(none)` and `(other)` stand for no status, and for
  /// texts that are no words.
  package private(set) var most: [String: Int] = [:]
  /// Whether any participant had a status that is neither `completed`, `complete` nor missing.
  package private(set) var areLive = false

  fileprivate mutating func take(_ rows: [ParticipantRow]) {
    var counts: [String: Int] = [:]
    for row in rows {
      if StatusTally.Kind(row.state.status) == .live { areLive = true }
      counts[Self.name(row.state.status), default: 0] += 1
    }
    for (status, count) in counts where most[status] != nil || most.count < Self.maximumStatuses {
      most[status] = max(most[status] ?? 0, count)
    }
  }

  /// Returns a word that cannot hold an identifier: statuses have letters, and sids and numbers have digits.
  private static func name(_ status: String?) -> String {
    guard let status, !status.isEmpty else { return "(none)" }
    let isWord = status.unicodeScalars.allSatisfy { $0.isASCII && $0.properties.isAlphabetic || $0 == "-" || $0 == "_" }
    return isWord && status.utf8.count <= maximumText ? status : "(other)"
  }
}

/// Whether `date_updated` moves when a participant's state changes, and only then.
package struct DateSurvey: Sendable {
  /// How much older a date has to be than the list before a change, for the change to need another one. Dates are whole
  /// seconds, and a list takes time to arrive.
  private static let resolution: Duration = .seconds(2)

  /// The number of participants whose state changed between two lists; those are left out whose date stayed, but could
  /// have been of the same second.
  package private(set) var changes = 0
  /// The number of those whose date moved forward, stayed, or moved back.
  package private(set) var moved = 0
  package private(set) var still = 0
  package private(set) var backward = 0
  /// The number of participants whose date moved although nothing else changed.
  package private(set) var movedAlone = 0
  /// The number of lists with such a participant.
  package private(set) var listsMovedAlone = 0
  /// The number of rows without a readable date, of all rows of changed lists.
  package private(set) var unreadable = 0
  package private(set) var rows = 0

  /// A row, and the first list that had it with this date.
  private struct Seen: Sendable {
    let row: ParticipantRow
    let since: Timestamp
  }

  private var last: [CallSID: Seen] = [:]
  private var lastList: Timestamp?

  /// - Parameter time: When the list was asked for.
  fileprivate mutating func take(_ rows: [ParticipantRow], at time: Timestamp) {
    var next: [CallSID: Seen] = [:]
    next.reserveCapacity(rows.count)
    let earlierMovedAlone = movedAlone
    defer { if movedAlone > earlierMovedAlone { listsMovedAlone += 1 } }
    for row in rows {
      self.rows += 1
      if row.dateUpdated == nil { unreadable += 1 }
      let before = last[row.callSID]
      if let before { compare(before, row) }
      let hasStayed = before?.row.dateUpdated == row.dateUpdated
      next[row.callSID] = Seen(row: row, since: hasStayed ? before?.since ?? time : time)
    }
    last = next
  }

  /// Takes the time of a list, changed or not.
  fileprivate mutating func endList(at time: Timestamp) { lastList = time }

  private mutating func compare(_ before: Seen, _ row: ParticipantRow) {
    guard let earlier = before.row.dateUpdated, let later = row.dateUpdated else { return }
    guard before.row.state != row.state else {
      if earlier != later { movedAlone += 1 }
      return
    }
    if later == earlier {
      guard let lastList, lastList - before.since >= Self.resolution else { return }
      still += 1
    } else if later > earlier {
      moved += 1
    } else {
      backward += 1
    }
    changes += 1
  }
}

/// Whether pages have the size that was asked for.
package struct PageSizeSurvey: Sendable {
  /// The `page_size` of the last page, as the provider wrote it; nil if it does not say.
  package private(set) var said: Int?
  /// The number of rows of the largest page.
  package private(set) var largest = 0
  /// The number of rows of the largest page after which another one showed somebody new; nil if there was none.
  package private(set) var largestFollowed: Int?

  /// Takes the pages of a complete list.
  fileprivate mutating func take(_ pages: [Page]) {
    for page in pages {
      said = page.pageSize
      largest = max(largest, page.rows.count)
    }
    var calls: Set<CallSID> = []
    for (page, following) in zip(pages, pages.dropFirst()) {
      calls.formUnion(page.rows.indices.map(page.callSID))
      // A needless link leads to a page with nobody new, and says nothing about how many rows fit in one.
      guard following.rows.indices.contains(where: { !calls.contains(following.callSID(of: $0)) }) else { continue }
      largestFollowed = max(largestFollowed ?? 0, page.rows.count)
    }
  }

  /// The number of rows that a full page has, as the pages show or else say; nil if they do neither.
  package var given: Int? { largestFollowed ?? said.flatMap { $0 > 0 ? $0 : nil } }

  /// Whether pages have at least as many rows as were asked for; nil if they do not tell.
  package func isHonoured(asked: Int) -> Bool? { largest >= asked ? true : given.map { $0 >= asked } }
}
