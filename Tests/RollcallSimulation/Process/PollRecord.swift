import RollcallCore

/// What one poll was shown and told, as the provider knows it.
struct PollRecord {
  /// Counts the polls of the conference.
  private(set) var number = 0
  /// Whether its turn has come, and nothing has been asked yet.
  var hasTurn = false
  /// Why complete scans may be missing since the last one; nil where nothing went wrong.
  var excuse: String?
  private(set) var startedAt: Moment = 0
  /// When the poll is to begin.
  var dueAt: Moment = 0
  /// When the poll that has begun was to begin.
  private(set) var wasDueAt: Moment = 0
  /// Whether a page of this pass was refused, spoilt or missing.
  private(set) var hasFailedPage = false
  /// Pages asked for by this poll, and by the last complete one.
  private var pageCount = 0
  private var usualPageCount = 1
  /// When the last complete poll of this run was over; nil before the first.
  private(set) var lastEnd: Moment?
  /// The stream's time when the first page of the poll had arrived; nil before.
  private(set) var firstPage: Timestamp?
  private(set) var rows: [ShownRow] = []
  /// Whether the list is looked at once more, with what the first look has shown kept.
  private var isSecondPass = false
  private var earlierRows: [ShownRow] = []
  private(set) var asked: Set<String> = []
  /// Who was said to be gone, in time.
  private(set) var gone: Set<String> = []
  private(set) var open = 0
  /// The pages that may be asked for conditionally.
  var pages = KeptPages()
  /// Whether the poll asks whatever tags say, and when the last complete one that did began.
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

  /// The first page is asked for, not for the first time in this poll.
  mutating func beginPass() {
    if !isSecondPass, conferenceIsRunning {
      isSecondPass = true
      earlierRows = rows
    }
    rows = []
    pages.beginPass()
    hasFailedPage = false
  }

  /// One more page is asked for.
  ///
  /// - Returns: whether the last complete poll had so many.
  mutating func asksPage() -> Bool {
    pageCount += 1
    return pageCount <= usualPageCount
  }

  /// Whether the poll rests on a single page, which was valid. Pages that do not fit together may well be refused.
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

  /// - Parameter place: where a valid answer says that the stay is.
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

  /// Whether anybody was asked about anything.
  var hadQuestions: Bool { !asked.isEmpty || conferenceWasAsked }

  /// Everybody whom the scan shows, by the rule of the contract: the greater date, then who is in the room, then the later
  /// page.
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
