/// What one complete scan and its confirmations say about the people of a room, until it is committed.
struct Findings: Sendable {
  /// A departure, and the last row where there is one.
  struct Departure: Sendable {
    var evidence: DepartureEvidence
    var row: ListedParticipant?
  }

  /// An arrival, and the moment that it certainly came after.
  struct Arrival: Sendable {
    var row: ListedParticipant
    var after: Timestamp?
  }

  /// When the last reply that counts had been received whole.
  var receivedAt: Timestamp
  var arrivals: [CallSID: Arrival] = [:]
  var departures: [CallSID: Departure] = [:]
  /// Newer rows of people who stay.
  var updates: [CallSID: ListedParticipant] = [:]
  /// Rows of people who stay of which nothing but the date is new.
  var redated: [RedatedRow] = []
  /// When the confirmation was sent that showed somebody to be there.
  var confirmedAt: [CallSID: Timestamp] = [:]
  /// People of the room whom the scan does not show.
  var absences: [CallSID: Room.Streak] = [:]
  var staleRows: [CallSID: Room.Doubt] = [:]
  var returning: [CallSID: Room.Doubt] = [:]
  /// How many people the scan shows in the room.
  var shownCount = 0
  /// Whether a row of the scan was overruled: then the next scan has to look at every row, changed or not.
  var overrulesRows = false

  init(receivedAt: Timestamp) { self.receivedAt = receivedAt }

  /// Takes back every departure of this poll: those people count as absent.
  mutating func keepEverybody(at now: Timestamp, _ streaks: [CallSID: Room.Streak]) {
    for (call, departure) in departures where departure.evidence != .rejoined {
      absences[call] = Room.Streak.continued(streaks[call], at: now)
    }
    departures = departures.filter { $0.value.evidence == .rejoined }
  }
}
