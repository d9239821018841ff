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
  /// People who came into the room in spite of the status `completed`, and whose own resource has had another since.
  var accepted: Set<CallSID> = []
  /// Rows that are older than what is held.
  var staleRows: [CallSID: Doubt] = [:]
  /// Rows of people who left a short while ago.
  var returning: [CallSID: Doubt] = [:]
  /// People whom a scan has shown as not in the room yet, and when the first did; they have not come since.
  var awaited: [CallSID: Timestamp] = [:]
  /// By the names that events have for those who left.
  private(set) var endedStays = EndedStays()
  /// Whether statuses say who is in the room: any row of the conference has had one other than `completed`.
  var hasLiveStatuses = false
  /// By whose tokens those who left are remembered; nil where nothing is redacted.
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

  /// Whether the row belongs to a stay that has ended and is remembered.
  ///
  /// - Parameter listed: what the last list showed of such stays; nil where that is not known.
  func hasEnded(_ row: ListedParticipant, at now: Timestamp, listed: ListedStays?) -> Bool {
    let call = shown(row.callSID)
    return endedStays.contains(call, dateCreated: row.dateCreated, at: now) { listed?.contains($0) ?? true }
  }

  /// Remembers a stay that ended.
  ///
  /// - Returns: what a store keeps of it, and the stays that it forgets.
  mutating func noteEnd(of person: Participant, at now: Timestamp) -> (SavedRoom.EndedStay, [SavedRoom.EndedStay]) {
    let id = SavedRoom.StayID(callSID: shown(person.callSID), dateCreated: person.dateCreated)
    let stay = SavedRoom.EndedStay(id, endedAt: now)
    return (stay, endedStays.note(stay))
  }

  /// Forgets the stays whose time is over and whose rows are not listed.
  ///
  /// - Returns: what a store forgets of them.
  mutating func forgetEnds(
    at now: Timestamp, listed: ListedStays, hasLostRows: Bool
  ) -> [SavedRoom.EndedStay] {
    endedStays.expire(at: now, hasLostRows: hasLostRows, isListed: listed.contains)
  }

  /// Remembers the stays that a store has kept.
  mutating func recall(_ stays: [SavedRoom.EndedStay]) {
    for stay in stays.sorted(by: { $0.endedAt < $1.endedAt }) { _ = endedStays.note(stay) }
  }

  /// The name that events have for a call.
  func shown(_ call: CallSID) -> CallSID { redaction?.shown(call) ?? call }

  /// Drops all doubts about somebody whom the scan shows as usual.
  mutating func clearDoubts(about call: CallSID) {
    shown[call] = nil
    absences[call] = nil
    accepted.remove(call)
    staleRows[call] = nil
  }

  /// Takes somebody out, doubts included.
  mutating func remove(_ call: CallSID) -> Participant? {
    clearDoubts(about: call)
    return participants.removeValue(forKey: call)
  }
}
