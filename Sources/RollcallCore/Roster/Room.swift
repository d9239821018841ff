/// The participants of a conference, as committed, and what is still in doubt about them.
///
/// Doubts have small tables of their own, so that an unchanged poll does not visit every participant.
package struct Room: Equatable, Sendable {
  package let conference: ConferenceSID
  package internal(set) var friendlyName: String?
  package internal(set) var participants: [CallSID: Participant] = [:]
  /// The start of the last complete scan; nil before the first.
  package internal(set) var lastScanStart: Timestamp?
  /// The time at which the last complete scan was fully received.
  package internal(set) var lastScanEnd: Timestamp?
  /// The time of the conference's last event.
  var lastEventAt: Timestamp?
  /// The last time at which the conference itself was known to be running.
  var conferenceLastSeen: Timestamp?
  /// When each participant's committed state was last seen, if that was not in the last complete scan.
  var lastSeenInDoubt: [CallSID: Timestamp] = [:]
  /// Participants missing from recent scans, and for how long.
  var absences: [CallSID: Streak] = [:]
  /// Participants who joined with the status `completed` and whose own resource has since shown another status.
  var accepted: Set<CallSID> = []
  /// Rows older than the committed state.
  var staleRows: [CallSID: Doubt] = [:]
  /// Rows of participants who left recently.
  var returning: [CallSID: Doubt] = [:]
  /// Calls that a scan listed as not yet in the room and that have not joined since, with the start of that scan.
  var awaited: [CallSID: Timestamp] = [:]
  /// The alerts that are raised and not resolved, each with the first time at which its state was seen.
  package internal(set) var raisedAlerts: [Alert: Timestamp] = [:]
  /// Stays that have ended, by their redacted call sids.
  private(set) var endedStays = EndedStays()
  /// Whether statuses tell who is in the room: some row of the conference had one other than `completed`.
  var hasLiveStatuses = false
  /// How sids are redacted in ``endedStays``; nil if nothing is redacted.
  var redaction: Redaction?

  /// A number of consecutive scans, and the time of the first of them.
  package struct Streak: Equatable, Sendable {
    var scans: Int
    var since: Timestamp

    /// Adds a scan to a streak, or starts one.
    static func continued(_ streak: Streak?, at now: Timestamp) -> Streak {
      guard let streak else { return Streak(scans: 1, since: now) }
      return Streak(scans: streak.scans + 1, since: streak.since)
    }

    func hasReached(scans: Int, and duration: Duration, at now: Timestamp) -> Bool {
      self.scans >= scans && now - since >= duration
    }
  }

  /// A row that is not trusted yet.
  package struct Doubt: Equatable, Sendable {
    var row: ParticipantRow
    var streak: Streak
    /// The start of the last complete scan before the row first appeared.
    var lastSeen: Timestamp?
  }

  package init(conference: ConferenceSID, friendlyName: String? = nil) {
    self.conference = conference
    self.friendlyName = friendlyName
  }

  /// Returns a time that precedes any change of the participant's committed state.
  func lastSeen(_ call: CallSID) -> Timestamp? { lastSeenInDoubt[call] ?? lastScanStart }

  /// Returns the time of the last search for a call; a new stay of it had not begun by then.
  func lastSearch(for call: CallSID) -> Timestamp? { [lastSeenInDoubt[call], lastScanStart].compactMap(\.self).max() }

  /// Whether the row belongs to a remembered stay that has ended.
  ///
  /// - Parameter listed: the rows of such stays in the last list; nil if unknown.
  func hasEnded(_ row: ParticipantRow, at now: Timestamp, listed: ListedStays?) -> Bool {
    let call = redacted(row.callSID)
    return endedStays.contains(call, dateCreated: row.dateCreated, at: now) { listed?.contains($0) ?? true }
  }

  /// Remembers the end of a stay.
  ///
  /// - Returns: the stay to save, and the stays to delete from the store.
  mutating func rememberEnd(of person: Participant, at now: Timestamp) -> (SavedRoom.EndedStay, [SavedRoom.EndedStay]) {
    let id = SavedRoom.StayID(callSID: redacted(person.callSID), dateCreated: person.dateCreated)
    let stay = SavedRoom.EndedStay(id, endedAt: now)
    return (stay, endedStays.remember(stay))
  }

  /// Forgets the stays that are old enough and no longer listed.
  ///
  /// - Returns: the stays to delete from the store.
  mutating func forgetEnds(
    at now: Timestamp, listed: ListedStays, hasLostRows: Bool
  ) -> [SavedRoom.EndedStay] {
    endedStays.expire(at: now, hasLostRows: hasLostRows, isListed: listed.contains)
  }

  /// Restores saved stays.
  mutating func recall(_ stays: [SavedRoom.EndedStay]) {
    for stay in stays.sorted(by: { $0.endedAt < $1.endedAt }) { _ = endedStays.remember(stay) }
  }

  /// Returns the call sid as it appears in events.
  func redacted(_ call: CallSID) -> CallSID { redaction?.redacted(call) ?? call }

  /// Clears all doubts about a participant whom the scan shows as committed.
  mutating func clearDoubts(about call: CallSID) {
    lastSeenInDoubt[call] = nil
    absences[call] = nil
    accepted.remove(call)
    staleRows[call] = nil
  }

  /// Removes a participant and all doubts about them.
  mutating func remove(_ call: CallSID) -> Participant? {
    clearDoubts(about: call)
    return participants.removeValue(forKey: call)
  }
}

extension Room {
  /// Returns what a store has to change for these calls and for the room as a whole.
  ///
  /// - Parameter people: those of the calls that are in the room, with their records.
  func changes(
    of calls: Set<CallSID>, _ people: [CallSID: Participant], endedStays: [SavedRoom.EndedStay] = [],
    forgottenStays: [SavedRoom.StayID] = [], isOver: Bool
  ) -> RoomChanges {
    var changes = RoomChanges(head: head(isOver: isOver))
    guard !isOver else { return changes }
    for call in calls.sorted() {
      if let person = people[call] {
        changes.people.append(SavedRoom.Person(person))
      } else {
        changes.gone.append(call)
      }
    }
    changes.doubts = savedDoubts
    changes.endedStays = endedStays
    changes.forgottenStays = forgottenStays
    return changes
  }

  private func head(isOver: Bool) -> SavedRoom.Head {
    var head = SavedRoom.Head(conference: conference)
    head.friendlyName = friendlyName
    head.isOver = isOver
    head.lastScanStart = lastScanStart
    head.lastScanEnd = lastScanEnd
    head.lastEventAt = lastEventAt
    head.lastSeenAt = conferenceLastSeen
    head.hasLiveStatuses = hasLiveStatuses
    return head
  }

  private var savedDoubts: [SavedRoom.Doubt] {
    var doubts: [SavedRoom.Doubt] = []
    for (call, streak) in absences {
      doubts.append(SavedRoom.Doubt(.absent, call, scans: streak.scans, since: streak.since))
    }
    for call in accepted {
      guard let streak = absences[call] ?? staleRows[call]?.streak else { continue }
      doubts.append(SavedRoom.Doubt(.accepted, call, scans: 0, since: streak.since))
    }
    for (call, doubt) in staleRows { doubts.append(SavedRoom.Doubt(.stale, call, doubt)) }
    for (call, doubt) in returning { doubts.append(SavedRoom.Doubt(.returning, call, doubt)) }
    for (call, moment) in awaited { doubts.append(SavedRoom.Doubt(.awaited, call, scans: 0, since: moment)) }
    for (call, moment) in lastSeenInDoubt { doubts.append(SavedRoom.Doubt(.lastSeen, call, scans: 0, since: moment)) }
    return doubts
  }

  /// Restores a saved room.
  ///
  /// - Returns: nil if a record is unreadable.
  package init?(_ saved: SavedRoom) {
    self.init(conference: saved.head.conference, friendlyName: saved.head.friendlyName)
    lastScanStart = saved.head.lastScanStart
    lastScanEnd = saved.head.lastScanEnd
    lastEventAt = saved.head.lastEventAt
    conferenceLastSeen = saved.head.lastSeenAt
    hasLiveStatuses = saved.head.hasLiveStatuses
    for person in saved.people {
      guard let participant = Participant(person, in: conference) else { return nil }
      participants[person.callSID] = participant
    }
    for doubt in saved.doubts {
      guard restore(doubt) else { return nil }
    }
    recall(saved.endedStays)
    for raised in saved.raisedAlerts { raisedAlerts[raised.alert] = raised.since }
  }

  private mutating func restore(_ saved: SavedRoom.Doubt) -> Bool {
    let streak = Streak(scans: saved.scans, since: saved.since)
    switch saved.kind {
    case .absent: absences[saved.callSID] = streak
    case .accepted: accepted.insert(saved.callSID)
    case .lastSeen: lastSeenInDoubt[saved.callSID] = saved.since
    case .awaited: awaited[saved.callSID] = saved.since
    case .stale, .returning:
      guard let record = saved.record, let row = ParticipantRow(record: record, in: conference) else { return false }
      let doubt = Doubt(row: row, streak: streak, lastSeen: saved.lastSeen)
      if saved.kind == .stale { staleRows[saved.callSID] = doubt } else { returning[saved.callSID] = doubt }
    }
    return true
  }
}

extension SavedRoom.Doubt {
  fileprivate init(_ kind: Kind, _ call: CallSID, _ doubt: Room.Doubt) {
    self.init(kind, call, scans: doubt.streak.scans, since: doubt.streak.since)
    lastSeen = doubt.lastSeen
    record = doubt.row.record
  }
}

extension SavedRoom.Person {
  fileprivate init(_ person: Participant) {
    self.init(callSID: person.callSID, record: person.record)
    dateCreated = person.dateCreated
    dateUpdated = person.dateUpdated
    joinedAt = person.since.joined
    mutedAt = person.since.muted
    heldAt = person.since.held
    coachingAt = person.since.coaching
  }
}

extension Participant {
  /// - Returns: nil if the record is unreadable or names another call.
  fileprivate init?(_ saved: SavedRoom.Person, in conference: ConferenceSID) {
    guard let row = ParticipantRow(record: saved.record, in: conference), row.callSID == saved.callSID else {
      return nil
    }
    self.init(
      row,
      since: Since(joined: saved.joinedAt, muted: saved.mutedAt, held: saved.heldAt, coaching: saved.coachingAt))
    dateCreated = saved.dateCreated
    dateUpdated = saved.dateUpdated
  }
}

extension ParticipantRow {
  /// Reads the record of an event.
  ///
  /// - Returns: nil if it is not a valid row of that conference.
  package init?(record: [UInt8], in conference: ConferenceSID) {
    var reader = PageReader()
    let list = Array(#"{"participants":["#.utf8) + record + Array("]}".utf8)
    guard let page = try? reader.read(PaddedBytes(list), conference: conference), page.rows.count == 1 else {
      return nil
    }
    self = page.participant(0)
  }
}
