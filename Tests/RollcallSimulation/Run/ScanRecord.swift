import RollcallCore

/// What one poll was shown and told, as the provider knows it.
struct ScanRecord {
  /// Why complete scans may be missing since the last one; nil where nothing went wrong.
  var excuse: String?
  private(set) var startedAt: Moment = 0
  /// When the poll was to begin.
  private(set) var dueAt: Moment = 0
  /// When the last complete poll of this run was over; nil before the first.
  private(set) var lastEnd: Moment?
  /// The stream's time when the first page of the poll had arrived; nil before.
  private(set) var firstPage: Timestamp?
  private(set) var rows: [ShownRow] = []
  /// Whether the list is looked at once more, with what the first look has shown kept.
  private var isSecondPass = false
  private var earlierRows: [ShownRow] = []
  private(set) var asked: Set<CallSID> = []
  /// Who was said to be gone, in time.
  private(set) var gone: Set<CallSID> = []
  private(set) var open = 0
  private(set) var conferenceAnswer: ConferenceReply?
  private(set) var conferenceWasAsked = false
  /// Whether the poll has come to what it tells.
  var isDecided = false
  /// Counts the times that questions were let go of.
  private(set) var round = 0

  mutating func begin(at now: Moment, due: Moment) {
    startedAt = now
    dueAt = due
    firstPage = nil
    (rows, earlierRows, asked, gone) = ([], [], [], [])
    (open, conferenceAnswer, conferenceWasAsked) = (0, nil, false)
    isDecided = false
    isSecondPass = false
    round += 1
  }

  /// The first page is asked for, perhaps for the second time in one poll.
  mutating func beginPass(isRestart: Bool = false) {
    if !isRestart, !isSecondPass, conferenceAnswer == .running {
      isSecondPass = true
      earlierRows = rows
    }
    rows = []
  }

  mutating func show(_ shown: [ShownRow], at now: Timestamp) {
    firstPage = firstPage ?? now
    rows += shown
  }

  mutating func asks(_ call: CallSID) {
    asked.insert(call)
    open += 1
  }

  mutating func answered(_ call: CallSID, _ answer: ParticipantReply, place: TrueState.Place?) {
    open -= 1
    switch answer {
    case .notFound: gone.insert(call)
    case .found where place == .finished: gone.insert(call)
    case .found, .refused, .unclear: break
    }
  }

  mutating func asksConference() { conferenceWasAsked = true }

  mutating func answeredConference(_ answer: ConferenceReply) { conferenceAnswer = answer }

  mutating func endQuestions() {
    round += 1
    open = 0
  }

  mutating func completed(at now: Moment) {
    lastEnd = now
    excuse = nil
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
