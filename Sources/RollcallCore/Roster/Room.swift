/// Who is in a conference, as committed, and what is still in doubt about them.
///
/// Those in doubt stand in small tables of their own, so that an unchanged poll looks at nobody else.
package struct Room: Equatable, Sendable {
  package let conference: ConferenceSID
  package internal(set) var friendlyName: String?
  package internal(set) var participants: [CallSID: Participant] = [:]
  /// Start of the last complete scan; nil before the first.
  package internal(set) var lastScanStart: Timestamp?
  /// When the last complete scan had been received whole.
  package internal(set) var lastScanEnd: Timestamp?
  /// When the last event of the conference was written.
  var lastEventAt: Timestamp?
  /// The last moment at which the conference itself was known to run.
  var conferenceShown: Timestamp?
  /// The last time at which somebody's held state was shown, where that was not the last complete scan.
  var shown: [CallSID: Timestamp] = [:]
  /// People of the room whom the last scan did not show, and for how long.
  var absences: [CallSID: Streak] = [:]
  /// Rows that are older than what is held.
  var staleRows: [CallSID: Doubt] = [:]
  /// Rows of people who left a short while ago.
  var returning: [CallSID: Doubt] = [:]
  /// By the names that events have for those who left.
  private(set) var departures = RecentDepartures()
  /// What is kept of nobody once they have left; nil where nothing is redacted.
  var redaction: Redaction?

  /// For how many scans in a row, and since when.
  package struct Streak: Equatable, Sendable {
    var scans: Int
    var since: Timestamp

    /// One scan more, or the first.
    static func continued(_ streak: Streak?, at now: Timestamp) -> Streak {
      guard let streak else { return Streak(scans: 1, since: now) }
      return Streak(scans: streak.scans + 1, since: streak.since)
    }

    func hasReached(scans: Int, and duration: Duration, at now: Timestamp) -> Bool {
      self.scans >= scans && now - since >= duration
    }
  }

  /// A row that is not believed yet.
  package struct Doubt: Equatable, Sendable {
    var row: ListedParticipant
    var streak: Streak
    /// Start of the last complete scan before the row came up.
    var shownBefore: Timestamp?
  }

  package init(conference: ConferenceSID, friendlyName: String? = nil) {
    self.conference = conference
    self.friendlyName = friendlyName
  }

  /// The moment that a change of somebody's held state certainly came after.
  func lastShown(_ call: CallSID) -> Timestamp? { shown[call] ?? lastScanStart }

  /// The last moment at which somebody was looked for: a later stay of theirs was not there yet.
  func lastLooked(for call: CallSID) -> Timestamp? { [shown[call], lastScanStart].compactMap(\.self).max() }

  /// Whether the row belongs to a stay that ended a short while ago.
  func hasEnded(_ row: ListedParticipant, at now: Timestamp) -> Bool {
    departures.contains(shown(row.callSID), dateCreated: row.dateCreated, at: now)
  }

  /// Remembers a stay that ended.
  ///
  /// - Returns: what a store keeps of it; nil where there is nothing to tell later stays apart by.
  mutating func noteEnd(of person: Participant, at now: Timestamp) -> SavedRoom.EndedStay? {
    let call = shown(person.callSID)
    departures.note(call, dateCreated: person.dateCreated, at: now)
    return person.dateCreated.map { SavedRoom.EndedStay(callSID: call, dateCreated: $0, endedAt: now) }
  }

  /// Remembers a stay that a store has kept.
  mutating func recall(_ stay: SavedRoom.EndedStay) {
    departures.note(stay.callSID, dateCreated: stay.dateCreated, at: stay.endedAt)
  }

  private func shown(_ call: CallSID) -> CallSID { redaction?.shown(call) ?? call }

  /// Drops all doubts about somebody whom the scan shows as usual.
  mutating func clearDoubts(about call: CallSID) {
    shown[call] = nil
    absences[call] = nil
    staleRows[call] = nil
  }

  /// Takes somebody out, doubts included.
  mutating func remove(_ call: CallSID) -> Participant? {
    clearDoubts(about: call)
    return participants.removeValue(forKey: call)
  }
}
