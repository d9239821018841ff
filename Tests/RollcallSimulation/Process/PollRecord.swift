import RollcallCore

/// A record of one poll, as seen by the provider.
struct PollRecord {
  /// The number of the poll within its conference.
  private(set) var number = 0
  /// Whether its turn has come, and it has not sent a request yet.
  var hasTurn = false
  /// Why complete scans may be missing since the last one; nil if nothing went wrong.
  var excuse: String?
  private(set) var startedAt: Moment = 0
  /// When the next poll is due.
  var dueAt: Moment = 0
  /// When the current poll was due.
  private(set) var wasDueAt: Moment = 0
  /// Whether a page of this pass was refused, spoilt or missing.
  private(set) var hasFailedPage = false
  /// The pages requested by this poll, and by the last complete one.
  private var pageCount = 0
  private var usualPageCount = 1
  /// When the last complete poll of this run ended; nil before the first.
  private(set) var lastEnd: Moment?
  /// The stream's time when the first page of the poll had arrived; nil before.
  private(set) var firstPage: Timestamp?
  private(set) var rows: [ShownRow] = []
  /// Whether this is the second pass of a scan, whose first pass is kept.
  private var isSecondPass = false
  private var earlierRows: [ShownRow] = []
  private(set) var asked: Set<String> = []
  /// The calls that were confirmed as gone in time.
  private(set) var gone: Set<String> = []
  private(set) var open = 0
  /// The pages that may be requested conditionally.
  var pages = KeptPages()
  /// Whether the poll is unconditional, and when the last complete unconditional one began.
  private var isUnconditional = true
  private(set) var lastUnconditional: Moment?
  private(set) var conferenceIsRunning = false
  private(set) var conferenceWasAsked = false

  mutating func begin(at now: Moment, isConditional: Bool) {
    isUnconditional = !isConditional
    pages.begin()
    number += 1
    hasTurn = false
    startedAt = now
    wasDueAt = dueAt
    firstPage = nil
    (rows, earlierRows, asked, gone) = ([], [], [], [])
    (open, conferenceIsRunning, conferenceWasAsked) = (0, false, false)
    (isSecondPass, hasFailedPage, pageCount) = (false, false, 1)
  }

  /// Records that the first page is requested again in this poll.
  mutating func beginPass() {
    if !isSecondPass, conferenceIsRunning {
      isSecondPass = true
      earlierRows = rows
    }
    rows = []
    pages.beginPass()
    hasFailedPage = false
  }

  /// Records a request for a further page.
  ///
  /// - Returns: whether the last complete poll had as many.
  mutating func asksPage() -> Bool {
    pageCount += 1
    return pageCount <= usualPageCount
  }

  /// Whether the poll has a single page, which was valid. Pages that do not fit together may be refused.
  var showsOneValidPage: Bool { pageCount == 1 && !hasFailedPage && !conferenceWasAsked }

  mutating func pageFailed() { hasFailedPage = true }

  mutating func show(_ shown: [ShownRow], at now: Timestamp) {
    firstPage = firstPage ?? now
    rows += shown
  }

  mutating func asks(_ call: String) {
    asked.insert(call)
    open += 1
  }

  /// - Parameter place: where the participant is, according to a valid answer.
  mutating func answered(_ call: String, place: TrueState.Place?) {
    open -= 1
    if place == .finished { gone.insert(call) }
  }

  mutating func asksConference() { conferenceWasAsked = true }

  mutating func answeredConference(isRunning: Bool) { conferenceIsRunning = isRunning }

  mutating func endQuestions() { open = 0 }

  /// - Parameter keepsPages: whether the next scan is compared with the pages of this one.
  mutating func completed(at now: Moment, keepsPages: Bool) {
    lastEnd = now
    excuse = nil
    usualPageCount = pageCount
    pages.complete(keepsPages: keepsPages)
    if isUnconditional { lastUnconditional = startedAt }
  }

  /// Whether the poll asked about participants or the conference.
  var hadQuestions: Bool { !asked.isEmpty || conferenceWasAsked }

  /// Returns the merged rows of the scan by the contract's rule: the greater date, then who is in the room, then the
  /// later page.
  func merged(in room: TrueConference) -> [String: ShownRow] {
    var merged: [String: ShownRow] = [:]
    for row in earlierRows + rows {
      let call = room.stays[row.stay].call
      guard let other = merged[call] else {
        merged[call] = row
        continue
      }
      let (old, new) = (other.version(in: room), row.version(in: room))
      if room.isDated(old), room.isDated(new), old.updated != new.updated {
        if new.updated > old.updated { merged[call] = row }
      } else if !(old.state.place == .inRoom && new.state.place != .inRoom) {
        merged[call] = row
      }
    }
    return merged
  }
}

extension ShownRow {
  func version(in room: TrueConference) -> Stay.Version { room.stays[stay].versions[version] }
}
