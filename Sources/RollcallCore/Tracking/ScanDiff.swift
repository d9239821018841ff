/// What one complete scan and its confirmations say about the people of a room, until it is committed.
struct ScanDiff: Sendable {
  /// A departure, and the last row where there is one.
  struct Departure: Sendable {
    var evidence: DepartureEvidence
    var row: ParticipantRow?
  }

  /// An arrival, and the moment that it certainly came after.
  struct Arrival: Sendable {
    var row: ParticipantRow
    var after: Timestamp?
  }

  /// When the last reply that counts had been received whole.
  var receivedAt: Timestamp
  var arrivals: [CallSID: Arrival] = [:]
  var departures: [CallSID: Departure] = [:]
  /// Newer rows of people who stay.
  var updates: [CallSID: ParticipantRow] = [:]
  /// Rows of people who stay of which nothing but the date is new.
  var redated: [RedatedRow] = []
  /// When the confirmation was sent that showed somebody to be there.
  var confirmedAt: [CallSID: Timestamp] = [:]
  /// People of the room whom the scan does not show.
  var absences: [CallSID: Room.Streak] = [:]
  /// People of the room who came into it in spite of their status, which has turned out to mean something.
  var accepted: Set<CallSID> = []
  var staleRows: [CallSID: Room.Doubt] = [:]
  /// People whom the scan shows as not in the room yet.
  var awaited: Set<CallSID> = []
  var returning: [CallSID: Room.Doubt] = [:]
  /// How many people the scan shows in the room.
  var presentCount = 0
  /// Whether a row of the scan was overruled: then the next scan has to look at every row, changed or not.
  var overrulesRows = false
  /// Whether the scan was compared as a whole, and not by what differs from the last one.
  var isWhole = false
  /// The statuses of all rows, where they are not known to be live.
  var statuses = StatusTally()
  /// Whether the conference's statuses are live.
  var hasLiveStatuses = false
  /// Whether a confirmation shows that statuses are live: they are from the next scan on, whatever the order of answers.
  var isConfirmedLive = false
  /// Calls whose rows differ from those of the last scan; means nothing where the scan was compared as a whole.
  var differing: Set<CallSID> = []
  /// The `date_created` of rows that are of nobody who is in the room by them.
  var listed: [CallSID: Int64?] = [:]

  /// Whether all that the list says of anybody's status is `completed`, and that says nothing.
  var isSilent: Bool { !hasLiveStatuses && statuses.isAllCompleted }

  init(receivedAt: Timestamp) { self.receivedAt = receivedAt }

  /// Takes back every departure of this poll: those people count as absent.
  mutating func keepEverybody(at now: Timestamp, _ streaks: [CallSID: Room.Streak]) {
    for (call, departure) in departures where departure.evidence != .rejoined {
      absences[call] = Room.Streak.continued(streaks[call], at: now)
    }
    departures = departures.filter { $0.value.evidence == .rejoined }
  }
}

/// The questions that a complete scan leaves open, while they are asked.
struct Confirmation: Sendable {
  var scan: Scan
  var findings: ScanDiff
  /// When the first question of this round was sent.
  let began: Timestamp
  /// What has not answered by then says nothing.
  var deadline: Timestamp { began + scan.timeForQuestions }
  /// When the conference itself was asked for; nil where it was not, or has answered.
  var conferenceAskedAt: Timestamp?
  /// Calls still to be asked for, the last one first.
  var waiting: [CallSID] = []
  /// Calls asked for, and when.
  var inFlight: [CallSID: Timestamp] = [:]

  var isOpen: Bool { conferenceAskedAt != nil || !waiting.isEmpty || !inFlight.isEmpty }

  /// Sends as many of the waiting questions as may be under way.
  mutating func sendMore(at now: Timestamp) -> [ConferenceTracker.Action] {
    var actions: [ConferenceTracker.Action] = []
    while inFlight.count < ConferenceTracker.maximumConfirmationsInFlight, let call = waiting.popLast() {
      inFlight[call] = now
      actions.append(.fetchParticipant(call))
    }
    return actions
  }
}
