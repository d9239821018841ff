extension ConferenceTracker {
  /// A row that is older than the one kept is believed after this many consecutive scans and the time below.
  static let staleScans = 3
  static let staleTime: Duration = .seconds(10)
  /// The list alone is believed after this many consecutive scans and the time below, whatever a confirmation says.
  static let insistentScans = 30
  static let insistentTime: Duration = .seconds(60)
  /// The tolerance for dates that the provider gives in whole seconds, in rows and in the `Date` header.
  static let dateTolerance: Duration = .seconds(2)
  /// The maximum number of participants remembered while they are still being called; beyond it `occurred_after` is
  /// only less precise.
  static let maximumAwaited = 10_000

  /// Returns whether the scan can be compared with the last one by its differences alone.
  func isIncremental(_ scan: Scan) -> Bool {
    guard scan.earlierPages == nil, scan.pages.count == pages.count else { return false }
    if scan.isUnchanged { return true }
    guard pages.count == 1, let delta = scan.delta else { return false }
    return !delta.repeated
  }

  /// Compares a complete scan with the room. Every participant it changes has a record of their own afterwards.
  mutating func compare(_ scan: Scan, at now: Timestamp) -> ScanDiff {
    var diff = ScanDiff(receivedAt: now)
    diff.statuses = tally(scan)
    diff.hasLiveStatuses = room.hasLiveStatuses || diff.statuses.isLive
    // Once statuses are live, unchanged rows mean something else than before.
    diff.isWhole = !isIncremental(scan) || diff.hasLiveStatuses != room.hasLiveStatuses
    if diff.isWhole {
      copyAllRecords()
      let rows = scan.mergedRows(whereStatusesAreLive: diff.hasLiveStatuses)
      if room.participants.isEmpty { diff.arrivals.reserveCapacity(rows.count) }
      for row in rows.values { judge(row, scan, &diff) }
      for call in room.participants.keys where rows[call] == nil { noteAbsence(of: call, &diff) }
    } else {
      compareDifferences(of: scan, into: &diff)
    }
    let leaving = diff.departures.values.count { $0.evidence != .rejoined }
    let entering = diff.arrivals.keys.count { room.participants[$0] == nil }
    diff.presentCount =
      room.participants.count - diff.absences.count - leaving + entering + diff.returning.count
    return diff
  }

  /// Counts the statuses of a scan's rows, unless they are known to be live.
  private func tally(_ scan: Scan) -> StatusTally {
    guard !room.hasLiveStatuses else { return StatusTally() }
    var tally = StatusTally()
    guard isIncremental(scan) else {
      for page in (scan.earlierPages ?? []) + scan.pages { tally.add(page) }
      return tally
    }
    tally = statuses
    if let delta = scan.delta, let old = pages.first, let new = scan.pages.first {
      tally.apply(delta, from: old, to: new)
    }
    return tally
  }

  /// Compares only rows that differ from the last scan, and those that were in doubt.
  private mutating func compareDifferences(of scan: Scan, into diff: inout ScanDiff) {
    var seen: Set<CallSID> = []
    defer { diff.differing = seen }
    if let delta = scan.delta, let old = pages.first, let new = scan.pages.first {
      // Without participants in doubt, every participant is as the last scan showed them.
      let isCertain = room.staleRows.isEmpty && room.returning.isEmpty && room.absences.isEmpty
      for change in delta.changed {
        if isCertain, let row = new.redated(change, since: old) {
          diff.redated.append(row)
          continue
        }
        let row = new.participant(change.new)
        copyRecord(row.callSID, at: change.old)
        seen.insert(row.callSID)
        judge(row, scan, &diff)
      }
      for index in delta.removed {
        let call = old.callSID(of: index)
        seen.insert(call)
        copyRecord(call, at: index)
        if room.participants[call] != nil { noteAbsence(of: call, &diff) }
      }
    }
    for (call, doubt) in room.staleRows where !seen.contains(call) {
      copyRecord(call)
      judge(doubt.row, scan, &diff)
    }
    for (call, doubt) in room.returning where !seen.contains(call) { judge(doubt.row, scan, &diff) }
    for call in room.absences.keys where !seen.contains(call) {
      copyRecord(call)
      noteAbsence(of: call, &diff)
    }
  }

  private func noteAbsence(of call: CallSID, _ diff: inout ScanDiff) {
    diff.absences[call] = Room.Streak.continued(room.absences[call], at: diff.receivedAt)
  }

  /// Judges one row of the scan.
  private func judge(_ row: ParticipantRow, _ scan: Scan, _ diff: inout ScanDiff) {
    let isInRoom = row.presence.isInRoom(whereStatusesAreLive: diff.hasLiveStatuses)
    if row.presence == .notYet { diff.awaited.insert(row.callSID) }
    guard let person = room.participants[row.callSID] else {
      if !room.endedStays.isEmpty, room.endedStays.knows(room.redacted(row.callSID)) { diff.list(row) }
      if isInRoom { judgeNewcomer(row, scan, &diff) }
      return
    }
    if !isInRoom { diff.list(row) }
    if isLaterStay(row, than: person) {
      judgeNewStay(row, isInRoom, scan, &diff)
      return
    }
    if isStale(row, for: person) {
      let streak = Room.Streak.continued(room.staleRows[row.callSID]?.streak, at: diff.receivedAt)
      let isBelieved = streak.hasReached(scans: Self.staleScans, and: Self.staleTime, at: diff.receivedAt)
      // A row of a participant who is out replaces no kept row, so it stays older than that one.
      if !isBelieved || !isInRoom {
        diff.staleRows[row.callSID] = Room.Doubt(row: row, streak: streak)
      }
      guard isBelieved else { return }
    }
    if isInRoom {
      diff.updates[row.callSID] = row
    } else if row.presence == .notYet || row.presence == .completed && wasAccepted(person) {
      noteAbsence(of: row.callSID, &diff)
    } else {
      diff.departures[row.callSID] = ScanDiff.Departure(evidence: .rowFinished, row: row)
    }
  }

  /// Returns whether a participant was accepted into the room in spite of the status `completed`.
  func wasAccepted(_ person: Participant) -> Bool {
    Presence(status: person.state.status) == .completed || room.accepted.contains(person.callSID)
  }

  func isLaterStay(_ row: ParticipantRow, than person: Participant) -> Bool {
    guard let created = row.dateCreated, let kept = person.dateCreated else { return false }
    return created > kept
  }

  func isStale(_ row: ParticipantRow, for person: Participant) -> Bool {
    guard let updated = row.dateUpdated, let kept = person.dateUpdated else { return false }
    return updated < kept
  }

  /// Judges a row of a later stay of a participant who is in the room.
  private func judgeNewStay(
    _ row: ParticipantRow, _ isInRoom: Bool, _ scan: Scan, _ diff: inout ScanDiff
  ) {
    if isInRoom {
      diff.departures[row.callSID] = ScanDiff.Departure(evidence: .rejoined, row: nil)
      let after = bound(room.lastSearch(for: row.callSID), of: row, scan)
      diff.arrivals[row.callSID] = ScanDiff.Arrival(row: row, after: after)
    } else if row.presence == .notYet {
      noteAbsence(of: row.callSID, &diff)
    } else {
      diff.departures[row.callSID] = ScanDiff.Departure(evidence: .rowFinished, row: row)
    }
  }

  /// Judges a row of a participant who was not in the room and now is: new, or back in a stay that was reported as
  /// over.
  private func judgeNewcomer(_ row: ParticipantRow, _ scan: Scan, _ diff: inout ScanDiff) {
    let earlier = room.returning[row.callSID].flatMap { $0.row.dateCreated == row.dateCreated ? $0 : nil }
    guard earlier != nil || room.hasEnded(row, at: diff.receivedAt, listed: listedStays) else {
      diff.arrivals[row.callSID] = ScanDiff.Arrival(row: row, after: arrivalBound(of: row, scan))
      return
    }
    let before = earlier.map(\.lastSeen) ?? room.lastScanStart
    let streak = Room.Streak.continued(earlier?.streak, at: diff.receivedAt)
    if streak.hasReached(scans: Self.insistentScans, and: Self.insistentTime, at: diff.receivedAt) {
      diff.arrivals[row.callSID] = ScanDiff.Arrival(row: row, after: before)
    } else {
      diff.returning[row.callSID] = Room.Doubt(row: row, streak: streak, lastSeen: before)
    }
  }

  /// Returns the latest moment that an arrival in this scan is known to come after; nil in a baseline.
  private func arrivalBound(of row: ParticipantRow, _ scan: Scan) -> Timestamp? {
    if let start = room.lastScanStart { return bound(start, of: row, scan) }
    if case .foundLater(let after) = origin { return after }
    return nil
  }

  /// Returns the latest moment that a new stay is known to have begun after.
  ///
  /// A list may have skipped a participant who was there already, for example because others left while its pages were
  /// read. Their row was created just before they entered, unless a scan has shown them as still being called.
  ///
  /// - Parameter looked: the start of the last complete scan without that stay.
  func bound(_ looked: Timestamp?, of row: ParticipantRow, _ scan: Scan) -> Timestamp? {
    guard let looked, let created = row.dateCreated, let lead = scan.clockLead, room.awaited[row.callSID] == nil else {
      return looked
    }
    return min(looked, Timestamp(milliseconds: created * 1000) + lead - Self.dateTolerance)
  }
}

extension ScanDiff {
  /// Records a row that does not put its participant in the room.
  fileprivate mutating func list(_ row: ParticipantRow) { listed.updateValue(row.dateCreated, forKey: row.callSID) }
}

extension ConferenceTracker {
  /// The minimum number of absent participants at which rollcall asks about the conference; they must also be at least
  /// half of the room.
  static let massAbsence = 5

  /// Continues after the last page.
  mutating func finishScan(_ scan: Scan, at now: Timestamp) -> [Action] {
    let diff = compare(scan, at: now)
    let isDoubtful = diff.presentCount <= 0 || diff.isSilent || isMassAbsence(diff)
    return ask(about: scan, diff, conference: isDoubtful && !scan.isSecondPass, at: now)
  }

  private func isMassAbsence(_ diff: ScanDiff) -> Bool {
    let absent = diff.absences.count
    return absent >= Self.massAbsence && absent * 2 >= room.participants.count
  }

  /// Asks about the conference first if that is due, otherwise about the participants in doubt.
  mutating func ask(about scan: Scan, _ diff: ScanDiff, conference: Bool, at now: Timestamp) -> [Action] {
    var confirmation = Confirmation(scan: scan, diff: diff, began: now)
    guard conference else { return confirm(&confirmation, at: now) }
    confirmation.conferenceAskedAt = now
    phase = .asking(confirmation)
    return [.fetchConference, .setDeadline(confirmation.deadline)]
  }

  /// Asks about all participants in doubt, or commits if there are none.
  private mutating func confirm(_ confirmation: inout Confirmation, at now: Timestamp) -> [Action] {
    believeTheList(&confirmation.diff, atOnce: !confirmsLeft)
    let doubtful = confirmation.diff.absences.keys.sorted() + confirmation.diff.returning.keys.sorted()
    confirmation.waiting = doubtful.reversed()
    let questions = confirmation.sendMore(at: now)
    guard !questions.isEmpty else { return commit(confirmation.scan, confirmation.diff) }
    phase = .asking(confirmation)
    return questions + [.setDeadline(confirmation.deadline)]
  }

  /// Believes the list about participants who have been absent for long enough, or at once if there is no confirmation.
  private func believeTheList(_ diff: inout ScanDiff, atOnce: Bool) {
    for (call, streak) in diff.absences {
      let insists = streak.hasReached(
        scans: Self.insistentScans, and: Self.insistentTime, at: diff.receivedAt)
      guard atOnce || insists else { continue }
      diff.absences[call] = nil
      diff.departures[call] = ScanDiff.Departure(evidence: .listOnly, row: nil)
    }
  }

  /// Handles the answer about one participant.
  package mutating func participantAnswered(_ call: CallSID, _ reply: ParticipantReply, at now: Timestamp) -> [Action] {
    guard case .asking(var confirmation) = phase, let sent = confirmation.inFlight.removeValue(forKey: call) else {
      return []
    }
    if case .found(let row) = reply { note(row, &confirmation.diff) }
    if confirmation.diff.absences[call] != nil {
      settleAbsence(of: call, reply, sent: sent, confirmation.scan, &confirmation.diff, at: now)
    } else if let doubt = confirmation.diff.returning[call], case .found(let row) = reply, row.presence == .inRoom {
      confirmation.diff.returning[call] = nil
      confirmation.diff.arrivals[call] = ScanDiff.Arrival(row: row, after: doubt.lastSeen)
      confirmation.diff.confirmedAt[call] = sent
      confirmation.diff.overrulesRows = confirmation.diff.overrulesRows || row != doubt.row
      confirmation.diff.receivedAt = now
    }
    let more = confirmation.sendMore(at: now)
    guard !confirmation.isOpen else {
      phase = .asking(confirmation)
      return more
    }
    return commit(confirmation.scan, confirmation.diff)
  }

  /// Records what a single row says about the conference's statuses.
  private func note(_ row: ParticipantRow, _ diff: inout ScanDiff) {
    guard !diff.hasLiveStatuses, StatusTally.Kind(row.state.status) == .live else { return }
    diff.isConfirmedLive = true
    // Every row of the next scan then means something else.
    diff.overrulesRows = true
  }

  private func settleAbsence(
    of call: CallSID, _ reply: ParticipantReply, sent: Timestamp, _ scan: Scan, _ diff: inout ScanDiff,
    at now: Timestamp
  ) {
    guard let person = room.participants[call] else { return }
    switch reply {
    case .refused, .unclear: return
    case .notFound: depart(call, .participantNotFound, nil, &diff)
    case .found(let row):
      switch row.presence {
      case .notYet: return
      case .completed where !diff.hasLiveStatuses: return
      case .completed, .failed: depart(call, .participantFinished, row, &diff)
      case .inRoom:
        guard stays(person, as: row, asked: sent, scan, &diff) else { return }
      }
    }
    diff.receivedAt = now
  }

  /// Keeps an absent participant who is in the room. They are asked about at each poll until the list shows them.
  ///
  /// - Returns: whether an event is based on the reply.
  private func stays(
    _ person: Participant, as row: ParticipantRow, asked sent: Timestamp, _ scan: Scan, _ diff: inout ScanDiff
  ) -> Bool {
    let call = person.callSID
    let hasRejoined = isLaterStay(row, than: person)
    guard hasRejoined || !isStale(row, for: person) else { return false }
    diff.confirmedAt[call] = sent
    // If the list has a row that says the participant is out, that row may now be older than the one kept.
    diff.overrulesRows = diff.overrulesRows || hasRejoined || row.dateUpdated != person.dateUpdated
    guard hasRejoined else {
      if wasAccepted(person) { diff.accepted.insert(call) }
      diff.updates[call] = row
      return row.state != person.state
    }
    depart(call, .rejoined, nil, &diff)
    diff.arrivals[call] = ScanDiff.Arrival(row: row, after: bound(room.lastSearch(for: call), of: row, scan))
    // The list does not show the new stay either.
    diff.absences[call] = Room.Streak.continued(nil, at: diff.receivedAt)
    return true
  }

  private func depart(
    _ call: CallSID, _ evidence: DepartureEvidence, _ row: ParticipantRow?, _ diff: inout ScanDiff
  ) {
    diff.absences[call] = nil
    diff.departures[call] = ScanDiff.Departure(evidence: evidence, row: row)
  }

  /// Handles the answer about the conference.
  package mutating func conferenceAnswered(_ reply: ConferenceReply, at now: Timestamp) -> [Action] {
    guard case .asking(var confirmation) = phase, let sent = confirmation.conferenceAskedAt else { return [] }
    confirmation.conferenceAskedAt = nil
    let nobodyListed = confirmation.scan.wasNotFound || confirmation.diff.presentCount <= 0
    switch reply {
    case .completed(let ending):
      confirmation.diff.receivedAt = now
      return end(confirmation, by: ending, as: .over)
    case .notFound where nobodyListed:
      confirmation.diff.receivedAt = now
      return end(confirmation, by: nil, as: .unknown)
    case .running:
      room.conferenceLastSeen = sent
      confirmation.diff.receivedAt = now
      guard looksAgain(confirmation) else { return confirm(&confirmation, at: now) }
      confirmation.scan.beginSecondPass(afterAsking: now - confirmation.began)
      confirmation.scan.askedAt = now
      phase = .scanning(confirmation.scan)
      return [.fetchPage(query: nil, ordinal: 0)]
    case .notFound, .refused, .unclear:
      guard confirmation.diff.isSilent else { return leaveOpen(confirmation) }
      return confirm(&confirmation, at: now)
    }
  }

  /// Returns whether to read the list of a running conference once more before asking about participants.
  private func looksAgain(_ confirmation: Confirmation) -> Bool {
    if confirmation.scan.wasNotFound { return true }
    let hidesPeople = !confirmation.diff.isSilent || isMassAbsence(confirmation.diff)
    return hidesPeople && !room.participants.isEmpty
  }

  /// Ends a poll whose question about the conference was not answered: nobody has left, and the next poll asks again.
  private mutating func leaveOpen(_ confirmation: Confirmation) -> [Action] {
    if confirmation.scan.wasNotFound { return giveUp(.notFound, at: confirmation.diff.receivedAt) }
    guard hasStarted else {
      return giveUp(
        .malformed(reason: "no participants are listed, and the conference itself gave no answer"),
        at: confirmation.diff.receivedAt)
    }
    var diff = confirmation.diff
    diff.keepEverybody(at: diff.receivedAt, room.absences)
    believeTheList(&diff, atOnce: false)
    diff.overrulesRows = true
    return commit(confirmation.scan, diff)
  }

  /// Ends the confirmations at their deadline: a question without an answer says nothing.
  package mutating func deadlinePassed(at now: Timestamp) -> [Action] {
    guard case .asking(let confirmation) = phase else { return [] }
    guard now >= confirmation.deadline else { return [] }
    guard confirmation.conferenceAskedAt != nil else { return commit(confirmation.scan, confirmation.diff) }
    guard confirmation.diff.isSilent else { return leaveOpen(confirmation) }
    var diff = confirmation.diff
    believeTheList(&diff, atOnce: !confirmsLeft)
    return commit(confirmation.scan, diff)
  }
}
