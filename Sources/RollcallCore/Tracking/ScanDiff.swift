/// How one complete scan and its confirmations differ from the room, until the scan is committed.
struct ScanDiff: Sendable {
  /// A departure, and the last row if there is one.
  struct Departure: Sendable {
    var evidence: DepartureEvidence
    var row: ParticipantRow?
  }

  /// An arrival, and the latest moment that it is known to come after.
  struct Arrival: Sendable {
    var row: ParticipantRow
    var after: Timestamp?
  }

  /// When the last reply that the events are based on had been received completely.
  var receivedAt: Timestamp
  var arrivals: [CallSID: Arrival] = [:]
  var departures: [CallSID: Departure] = [:]
  /// Newer rows of participants who stay.
  var updates: [CallSID: ParticipantRow] = [:]
  /// Rows of participants who stay, if only the date is new.
  var redated: [RedatedRow] = []
  /// For each participant whom a confirmation showed in the room, when that confirmation was sent.
  var confirmedAt: [CallSID: Timestamp] = [:]
  /// Participants of the room whom the scan does not show.
  var absences: [CallSID: Room.Streak] = [:]
  /// Participants who were accepted despite their status, before statuses turned out to be live.
  var accepted: Set<CallSID> = []
  var staleRows: [CallSID: Room.Doubt] = [:]
  /// Participants whom the scan shows as not in the room yet.
  var awaited: Set<CallSID> = []
  var returning: [CallSID: Room.Doubt] = [:]
  /// How many participants the scan shows in the room.
  var presentCount = 0
  /// Whether a row of the scan was overruled, so that the next scan must judge every row, changed or not.
  var overrulesRows = false
  /// Whether all rows of the scan were compared, and not only those that differ from the last scan.
  var isWhole = false
  /// The statuses of all rows, unless they are known to be live.
  var statuses = StatusTally()
  /// Whether the conference's statuses are live.
  var hasLiveStatuses = false
  /// Whether a confirmation shows that statuses are live: from the next scan on, so that the order of answers is
  /// irrelevant.
  var isConfirmedLive = false
  /// Calls whose rows differ from the last scan; unused if all rows were compared.
  var differing: Set<CallSID> = []
  /// The `date_created` of rows that do not put their participant in the room.
  var listed: [CallSID: Int64?] = [:]

  /// Whether every row is `completed` and statuses are not live, so that the statuses say nothing.
  var isSilent: Bool { !hasLiveStatuses && statuses.isAllCompleted }

  init(receivedAt: Timestamp) { self.receivedAt = receivedAt }

  /// Takes back every departure of this poll except `rejoined`: those participants count as absent.
  mutating func keepEverybody(at now: Timestamp, _ streaks: [CallSID: Room.Streak]) {
    for (call, departure) in departures where departure.evidence != .rejoined {
      absences[call] = Room.Streak.continued(streaks[call], at: now)
    }
    departures = departures.filter { $0.value.evidence == .rejoined }
  }
}

/// The questions that a complete scan leaves open, until they are answered.
struct Confirmation: Sendable {
  var scan: Scan
  var diff: ScanDiff
  /// When the first question of this round was sent.
  let began: Timestamp
  /// The time after which a missing answer says nothing.
  var deadline: Timestamp { began + scan.timeForQuestions }
  /// When the question about the conference was sent; nil if it was not, or has been answered.
  var conferenceAskedAt: Timestamp?
  /// Calls still to ask about, the last one first.
  var waiting: [CallSID] = []
  /// Calls asked about, and when.
  var inFlight: [CallSID: Timestamp] = [:]

  var isOpen: Bool { conferenceAskedAt != nil || !waiting.isEmpty || !inFlight.isEmpty }

  /// Sends as many of the waiting questions as may be in flight.
  mutating func sendMore(at now: Timestamp) -> [ConferenceTracker.Action] {
    var actions: [ConferenceTracker.Action] = []
    while inFlight.count < ConferenceTracker.maximumConfirmationsInFlight, let call = waiting.popLast() {
      inFlight[call] = now
      actions.append(.fetchParticipant(call))
    }
    return actions
  }
}
