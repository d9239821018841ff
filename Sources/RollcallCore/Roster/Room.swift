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
  var conferenceLastSeen: Timestamp?
  /// The last time at which somebody's held state was shown, where that was not the last complete scan.
  var lastSeenInDoubt: [CallSID: Timestamp] = [:]
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
  /// The alerts that are raised and not resolved, each with the first time at which its state was seen.
  package internal(set) var raisedAlerts: [Alert: Timestamp] = [:]
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
    var row: ParticipantRow
    var streak: Streak
    /// Start of the last complete scan before the row came up.
    var lastSeen: Timestamp?
  }

  package init(conference: ConferenceSID, friendlyName: String? = nil) {
    self.conference = conference
    self.friendlyName = friendlyName
  }

  /// The moment that a change of somebody's held state certainly came after.
  func lastSeen(_ call: CallSID) -> Timestamp? { lastSeenInDoubt[call] ?? lastScanStart }

  /// The last moment at which somebody was looked for: a later stay of theirs was not there yet.
  func lastLooked(for call: CallSID) -> Timestamp? { [lastSeenInDoubt[call], lastScanStart].compactMap(\.self).max() }

  /// Whether the row belongs to a stay that has ended and is remembered.
  ///
  /// - Parameter listed: what the last list showed of such stays; nil where that is not known.
  func hasEnded(_ row: ParticipantRow, at now: Timestamp, listed: ListedStays?) -> Bool {
    let call = redacted(row.callSID)
    return endedStays.contains(call, dateCreated: row.dateCreated, at: now) { listed?.contains($0) ?? true }
  }

  /// Remembers a stay that ended.
  ///
  /// - Returns: what a store keeps of it, and the stays that it forgets.
  mutating func noteEnd(of person: Participant, at now: Timestamp) -> (SavedRoom.EndedStay, [SavedRoom.EndedStay]) {
    let id = SavedRoom.StayID(callSID: redacted(person.callSID), dateCreated: person.dateCreated)
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
  func redacted(_ call: CallSID) -> CallSID { redaction?.redacted(call) ?? call }

  /// Drops all doubts about somebody whom the scan shows as usual.
  mutating func clearDoubts(about call: CallSID) {
    lastSeenInDoubt[call] = nil
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

extension Room {
  /// What a store has to change, for these people and for the room as a whole.
  ///
  /// - Parameter people: those of them who are in the room, with their records.
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
    head.shownAt = conferenceLastSeen
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
    for (call, moment) in lastSeenInDoubt { doubts.append(SavedRoom.Doubt(.shown, call, scans: 0, since: moment)) }
    return doubts
  }

  /// Takes up a room that a store has kept.
  ///
  /// - Returns: nil where a record cannot be read.
  package init?(_ saved: SavedRoom) {
    self.init(conference: saved.head.conference, friendlyName: saved.head.friendlyName)
    lastScanStart = saved.head.lastScanStart
    lastScanEnd = saved.head.lastScanEnd
    lastEventAt = saved.head.lastEventAt
    conferenceLastSeen = saved.head.shownAt
    hasLiveStatuses = saved.head.hasLiveStatuses
    for person in saved.people {
      guard let participant = Participant(person, in: conference) else { return nil }
      participants[person.callSID] = participant
    }
    for doubt in saved.doubts {
      guard take(doubt) else { return nil }
    }
    recall(saved.endedStays)
    for raised in saved.raisedAlerts { raisedAlerts[raised.alert] = raised.since }
  }

  private mutating func take(_ saved: SavedRoom.Doubt) -> Bool {
    let streak = Streak(scans: saved.scans, since: saved.since)
    switch saved.kind {
    case .absent: absences[saved.callSID] = streak
    case .accepted: accepted.insert(saved.callSID)
    case .shown: lastSeenInDoubt[saved.callSID] = saved.since
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
  /// - Returns: nil where the record cannot be read.
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
  /// Reads a record as it stands in an event.
  ///
  /// - Returns: nil where it is no row of that conference.
  package init?(record: [UInt8], in conference: ConferenceSID) {
    var reader = PageReader()
    let list = Array(#"{"participants":["#.utf8) + record + Array("]}".utf8)
    guard let page = try? reader.read(PaddedBytes(list), conference: conference), page.rows.count == 1 else {
      return nil
    }
    self = page.participant(0)
  }
}
