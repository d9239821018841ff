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
    head.shownAt = conferenceShown
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
    for (call, moment) in shown { doubts.append(SavedRoom.Doubt(.shown, call, scans: 0, since: moment)) }
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
    conferenceShown = saved.head.shownAt
    hasLiveStatuses = saved.head.hasLiveStatuses
    for person in saved.people {
      guard let participant = Participant(person, in: conference) else { return nil }
      participants[person.callSID] = participant
    }
    for doubt in saved.doubts {
      guard take(doubt) else { return nil }
    }
    recall(saved.endedStays)
  }

  private mutating func take(_ saved: SavedRoom.Doubt) -> Bool {
    let streak = Streak(scans: saved.scans, since: saved.since)
    switch saved.kind {
    case .absent: absences[saved.callSID] = streak
    case .accepted: accepted.insert(saved.callSID)
    case .shown: shown[saved.callSID] = saved.since
    case .awaited: awaited[saved.callSID] = saved.since
    case .stale, .returning:
      guard let record = saved.record, let row = ListedParticipant(record: record, in: conference) else { return false }
      let doubt = Doubt(row: row, streak: streak, shownBefore: saved.shownBefore)
      if saved.kind == .stale { staleRows[saved.callSID] = doubt } else { returning[saved.callSID] = doubt }
    }
    return true
  }
}

extension SavedRoom.Doubt {
  fileprivate init(_ kind: Kind, _ call: CallSID, _ doubt: Room.Doubt) {
    self.init(kind, call, scans: doubt.streak.scans, since: doubt.streak.since)
    shownBefore = doubt.shownBefore
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
    guard let row = ListedParticipant(record: saved.record, in: conference), row.callSID == saved.callSID else {
      return nil
    }
    self.init(
      row,
      since: Since(joined: saved.joinedAt, muted: saved.mutedAt, held: saved.heldAt, coaching: saved.coachingAt))
    dateCreated = saved.dateCreated
    dateUpdated = saved.dateUpdated
  }
}

extension ListedParticipant {
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
