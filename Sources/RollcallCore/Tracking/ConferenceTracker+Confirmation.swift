extension ConferenceTracker {
  /// A row older than what is held is believed once so many scans in a row have shown one, for so long.
  static let staleScans = 3
  static let staleTime: Duration = .seconds(10)
  /// What the list alone has said in so many scans in a row, for so long, is believed whatever a confirmation says.
  static let insistentScans = 30
  static let insistentTime: Duration = .seconds(60)
  /// The provider's dates are whole seconds, of its clock and of rows alike.
  static let dateTolerance: Duration = .seconds(2)
  /// The maximum number of people remembered who were still being called; without it a bound is only less close.
  static let maximumAwaited = 10_000

  /// Whether the scan may be told from the last one by its differences alone.
  func isIncremental(_ scan: Scan) -> Bool {
    guard scan.earlierPages == nil, scan.pages.count == pages.count else { return false }
    if scan.isUnchanged { return true }
    guard pages.count == 1, let delta = scan.delta else { return false }
    return !delta.repeated
  }

  /// Holds a complete scan against the room. Whoever it moves has a record of their own then.
  mutating func compare(_ scan: Scan, at now: Timestamp) -> ScanDiff {
    var findings = ScanDiff(receivedAt: now)
    findings.statuses = tally(scan)
    findings.hasLiveStatuses = room.hasLiveStatuses || findings.statuses.isLive
    // Once statuses are live, rows that have not changed mean something else than before.
    findings.isWhole = !isIncremental(scan) || findings.hasLiveStatuses != room.hasLiveStatuses
    if findings.isWhole {
      holdEverybody()
      let rows = scan.mergedRows(whereStatusesAreLive: findings.hasLiveStatuses)
      if room.participants.isEmpty { findings.arrivals.reserveCapacity(rows.count) }
      for row in rows.values { judge(row, scan, &findings) }
      for call in room.participants.keys where rows[call] == nil { noteAbsence(of: call, &findings) }
    } else {
      compareDifferences(of: scan, into: &findings)
    }
    let leaving = findings.departures.values.count { $0.evidence != .rejoined }
    let entering = findings.arrivals.keys.count { room.participants[$0] == nil }
    findings.presentCount =
      room.participants.count - findings.absences.count - leaving + entering + findings.returning.count
    return findings
  }

  /// Counts the statuses of a scan's rows, unless nothing can be learnt from them any more.
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

  /// Looks only at rows that differ from the last scan, and at those that were in doubt.
  private mutating func compareDifferences(of scan: Scan, into findings: inout ScanDiff) {
    var seen: Set<CallSID> = []
    defer { findings.differing = seen }
    if let delta = scan.delta, let old = pages.first, let new = scan.pages.first {
      // Where nobody is in doubt, everybody is held as the last scan showed them.
      let isCertain = room.staleRows.isEmpty && room.returning.isEmpty && room.absences.isEmpty
      for change in delta.changed {
        if isCertain, let row = new.redated(change, since: old) {
          findings.redated.append(row)
          continue
        }
        let row = new.participant(change.new)
        hold(row.callSID, at: change.old)
        seen.insert(row.callSID)
        judge(row, scan, &findings)
      }
      for index in delta.removed {
        let call = old.callSID(of: index)
        seen.insert(call)
        hold(call, at: index)
        if room.participants[call] != nil { noteAbsence(of: call, &findings) }
      }
    }
    for (call, doubt) in room.staleRows where !seen.contains(call) {
      hold(call)
      judge(doubt.row, scan, &findings)
    }
    for (call, doubt) in room.returning where !seen.contains(call) { judge(doubt.row, scan, &findings) }
    for call in room.absences.keys where !seen.contains(call) {
      hold(call)
      noteAbsence(of: call, &findings)
    }
  }

  private func noteAbsence(of call: CallSID, _ findings: inout ScanDiff) {
    findings.absences[call] = Room.Streak.continued(room.absences[call], at: findings.receivedAt)
  }

  /// Decides about one row of the scan.
  private func judge(_ row: ParticipantRow, _ scan: Scan, _ findings: inout ScanDiff) {
    let isInRoom = row.presence.isInRoom(whereStatusesAreLive: findings.hasLiveStatuses)
    if row.presence == .notYet { findings.awaited.insert(row.callSID) }
    guard let person = room.participants[row.callSID] else {
      if !room.endedStays.isEmpty, room.endedStays.knows(room.redacted(row.callSID)) { findings.list(row) }
      if isInRoom { judgeNewcomer(row, scan, &findings) }
      return
    }
    if !isInRoom { findings.list(row) }
    if isLaterStay(row, than: person) {
      judgeNewStay(row, isInRoom, scan, &findings)
      return
    }
    if isStale(row, for: person) {
      let streak = Room.Streak.continued(room.staleRows[row.callSID]?.streak, at: findings.receivedAt)
      let isBelieved = streak.hasReached(scans: Self.staleScans, and: Self.staleTime, at: findings.receivedAt)
      // One that takes somebody out of the list replaces nothing that is held, and stays older than that.
      if !isBelieved || !isInRoom {
        findings.staleRows[row.callSID] = Room.Doubt(row: row, streak: streak)
      }
      guard isBelieved else { return }
    }
    if isInRoom {
      findings.updates[row.callSID] = row
    } else if row.presence == .notYet || row.presence == .completed && wasAccepted(person) {
      noteAbsence(of: row.callSID, &findings)
    } else {
      findings.departures[row.callSID] = ScanDiff.Departure(evidence: .rowFinished, row: row)
    }
  }

  /// Whether somebody came into the room in spite of the status `completed`.
  func wasAccepted(_ person: Participant) -> Bool {
    Presence(status: person.state.status) == .completed || room.accepted.contains(person.callSID)
  }

  func isLaterStay(_ row: ParticipantRow, than person: Participant) -> Bool {
    guard let created = row.dateCreated, let held = person.dateCreated else { return false }
    return created > held
  }

  func isStale(_ row: ParticipantRow, for person: Participant) -> Bool {
    guard let updated = row.dateUpdated, let held = person.dateUpdated else { return false }
    return updated < held
  }

  /// Somebody in the room has a row of a later stay.
  private func judgeNewStay(
    _ row: ParticipantRow, _ isInRoom: Bool, _ scan: Scan, _ findings: inout ScanDiff
  ) {
    if isInRoom {
      findings.departures[row.callSID] = ScanDiff.Departure(evidence: .rejoined, row: nil)
      let after = bound(room.lastSearch(for: row.callSID), of: row, scan)
      findings.arrivals[row.callSID] = ScanDiff.Arrival(row: row, after: after)
    } else if row.presence == .notYet {
      noteAbsence(of: row.callSID, &findings)
    } else {
      findings.departures[row.callSID] = ScanDiff.Departure(evidence: .rowFinished, row: row)
    }
  }

  /// Somebody who is not in the room has a row in the room: new, or back with the stay that was told to be over.
  private func judgeNewcomer(_ row: ParticipantRow, _ scan: Scan, _ findings: inout ScanDiff) {
    let earlier = room.returning[row.callSID].flatMap { $0.row.dateCreated == row.dateCreated ? $0 : nil }
    guard earlier != nil || room.hasEnded(row, at: findings.receivedAt, listed: listedStays) else {
      findings.arrivals[row.callSID] = ScanDiff.Arrival(row: row, after: arrivalBound(of: row, scan))
      return
    }
    let before = earlier.map(\.lastSeen) ?? room.lastScanStart
    let streak = Room.Streak.continued(earlier?.streak, at: findings.receivedAt)
    if streak.hasReached(scans: Self.insistentScans, and: Self.insistentTime, at: findings.receivedAt) {
      findings.arrivals[row.callSID] = ScanDiff.Arrival(row: row, after: before)
    } else {
      findings.returning[row.callSID] = Room.Doubt(row: row, streak: streak, lastSeen: before)
    }
  }

  /// Returns the moment that an arrival of this scan certainly came after; nil in a baseline.
  private func arrivalBound(of row: ParticipantRow, _ scan: Scan) -> Timestamp? {
    if let start = room.lastScanStart { return bound(start, of: row, scan) }
    if case .foundLater(let after) = origin { return after }
    return nil
  }

  /// Returns the moment that a new stay certainly began after: a list may have passed over somebody who was there
  /// already, as where others left while its pages were read. Their row was made before they were in the room, and right
  /// before unless a scan has shown them as still being called.
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
  /// Notes that a row is of nobody who is in the room by it.
  fileprivate mutating func list(_ row: ParticipantRow) { listed.updateValue(row.dateCreated, forKey: row.callSID) }
}

extension ConferenceTracker {
  /// So many people and half of the room absent at once are a reason to ask for the conference.
  static let massAbsence = 5

  /// Goes on after the last page.
  mutating func finishScan(_ scan: Scan, at now: Timestamp) -> [Action] {
    let findings = compare(scan, at: now)
    let isDoubtful = findings.presentCount <= 0 || findings.isSilent || isMassAbsence(findings)
    return ask(about: scan, findings, conference: isDoubtful && !scan.isSecondPass, at: now)
  }

  private func isMassAbsence(_ findings: ScanDiff) -> Bool {
    let absent = findings.absences.count
    return absent >= Self.massAbsence && absent * 2 >= room.participants.count
  }

  /// Asks for the conference first where that is due, else for those who are in doubt.
  mutating func ask(about scan: Scan, _ findings: ScanDiff, conference: Bool, at now: Timestamp) -> [Action] {
    var inquiry = Confirmation(scan: scan, findings: findings, began: now)
    guard conference else { return confirm(&inquiry, at: now) }
    inquiry.conferenceAskedAt = now
    phase = .asking(inquiry)
    return [.fetchConference, .setDeadline(inquiry.deadline)]
  }

  /// Asks for everybody in doubt, or commits where nobody is.
  private mutating func confirm(_ inquiry: inout Confirmation, at now: Timestamp) -> [Action] {
    believeTheList(&inquiry.findings, atOnce: !confirmsLeft)
    let doubtful = inquiry.findings.absences.keys.sorted() + inquiry.findings.returning.keys.sorted()
    inquiry.waiting = doubtful.reversed()
    let questions = inquiry.sendMore(at: now)
    guard !questions.isEmpty else { return commit(inquiry.scan, inquiry.findings) }
    phase = .asking(inquiry)
    return questions + [.setDeadline(inquiry.deadline)]
  }

  /// Believes the list about those whom it has left out for long enough, or at once where nobody else is to be asked.
  private func believeTheList(_ findings: inout ScanDiff, atOnce: Bool) {
    for (call, streak) in findings.absences {
      let insists = streak.hasReached(
        scans: Self.insistentScans, and: Self.insistentTime, at: findings.receivedAt)
      guard atOnce || insists else { continue }
      findings.absences[call] = nil
      findings.departures[call] = ScanDiff.Departure(evidence: .listOnly, row: nil)
    }
  }

  /// Takes the answer about one participant.
  package mutating func participantAnswered(_ call: CallSID, _ reply: ParticipantReply, at now: Timestamp) -> [Action] {
    guard case .asking(var inquiry) = phase, let sent = inquiry.inFlight.removeValue(forKey: call) else { return [] }
    if case .found(let row) = reply { note(row, &inquiry.findings) }
    if inquiry.findings.absences[call] != nil {
      settleAbsence(of: call, reply, sent: sent, inquiry.scan, &inquiry.findings, at: now)
    } else if let doubt = inquiry.findings.returning[call], case .found(let row) = reply, row.presence == .inRoom {
      inquiry.findings.returning[call] = nil
      inquiry.findings.arrivals[call] = ScanDiff.Arrival(row: row, after: doubt.lastSeen)
      inquiry.findings.confirmedAt[call] = sent
      inquiry.findings.overrulesRows = inquiry.findings.overrulesRows || row != doubt.row
      inquiry.findings.receivedAt = now
    }
    let more = inquiry.sendMore(at: now)
    guard !inquiry.isOpen else {
      phase = .asking(inquiry)
      return more
    }
    return commit(inquiry.scan, inquiry.findings)
  }

  /// Notes what a single row says of the conference's statuses.
  private func note(_ row: ParticipantRow, _ findings: inout ScanDiff) {
    guard !findings.hasLiveStatuses, StatusTally.Kind(row.state.status) == .live else { return }
    findings.isConfirmedLive = true
    // Every row of the next scan means something else then.
    findings.overrulesRows = true
  }

  private func settleAbsence(
    of call: CallSID, _ reply: ParticipantReply, sent: Timestamp, _ scan: Scan, _ findings: inout ScanDiff,
    at now: Timestamp
  ) {
    guard let person = room.participants[call] else { return }
    switch reply {
    case .refused, .unclear: return
    case .notFound: depart(call, .participantNotFound, nil, &findings)
    case .found(let row):
      switch row.presence {
      case .notYet: return
      case .completed where !findings.hasLiveStatuses: return
      case .completed, .failed: depart(call, .participantFinished, row, &findings)
      case .inRoom:
        guard stays(person, as: row, asked: sent, scan, &findings) else { return }
      }
    }
    findings.receivedAt = now
  }

  /// Somebody absent is in the room. As long as the list does not show them, they are asked for at each poll.
  ///
  /// - Returns: whether an event rests on the reply.
  private func stays(
    _ person: Participant, as row: ParticipantRow, asked sent: Timestamp, _ scan: Scan, _ findings: inout ScanDiff
  ) -> Bool {
    let call = person.callSID
    let hasRejoined = isLaterStay(row, than: person)
    guard hasRejoined || !isStale(row, for: person) else { return false }
    findings.confirmedAt[call] = sent
    // If the list does have a row of theirs, one that is not in the room, it may be older now than what is held.
    findings.overrulesRows = findings.overrulesRows || hasRejoined || row.dateUpdated != person.dateUpdated
    guard hasRejoined else {
      if wasAccepted(person) { findings.accepted.insert(call) }
      findings.updates[call] = row
      return row.state != person.state
    }
    depart(call, .rejoined, nil, &findings)
    findings.arrivals[call] = ScanDiff.Arrival(row: row, after: bound(room.lastSearch(for: call), of: row, scan))
    // The list does not show the new stay either.
    findings.absences[call] = Room.Streak.continued(nil, at: findings.receivedAt)
    return true
  }

  private func depart(
    _ call: CallSID, _ evidence: DepartureEvidence, _ row: ParticipantRow?, _ findings: inout ScanDiff
  ) {
    findings.absences[call] = nil
    findings.departures[call] = ScanDiff.Departure(evidence: evidence, row: row)
  }

  /// Takes the answer about the conference.
  package mutating func conferenceAnswered(_ reply: ConferenceReply, at now: Timestamp) -> [Action] {
    guard case .asking(var inquiry) = phase, let sent = inquiry.conferenceAskedAt else { return [] }
    inquiry.conferenceAskedAt = nil
    let nobodyListed = inquiry.scan.wasNotFound || inquiry.findings.presentCount <= 0
    switch reply {
    case .completed(let ending):
      inquiry.findings.receivedAt = now
      return end(inquiry, by: ending, as: .over)
    case .notFound where nobodyListed:
      inquiry.findings.receivedAt = now
      return end(inquiry, by: nil, as: .unknown)
    case .running:
      room.conferenceLastSeen = sent
      inquiry.findings.receivedAt = now
      guard looksAgain(inquiry) else { return confirm(&inquiry, at: now) }
      inquiry.scan.beginSecondPass(afterAsking: now - inquiry.began)
      inquiry.scan.askedAt = now
      phase = .scanning(inquiry.scan)
      return [.fetchPage(query: nil, ordinal: 0)]
    case .notFound, .refused, .unclear:
      guard inquiry.findings.isSilent else { return leaveOpen(inquiry) }
      return confirm(&inquiry, at: now)
    }
  }

  /// Whether the list of a conference that runs is looked at once more before anybody is asked for.
  private func looksAgain(_ inquiry: Confirmation) -> Bool {
    if inquiry.scan.wasNotFound { return true }
    let hidesPeople = !inquiry.findings.isSilent || isMassAbsence(inquiry.findings)
    return hidesPeople && !room.participants.isEmpty
  }

  /// The conference said nothing: nobody has left, and it is asked for again at the next poll.
  private mutating func leaveOpen(_ inquiry: Confirmation) -> [Action] {
    if inquiry.scan.wasNotFound { return giveUp(.notFound, at: inquiry.findings.receivedAt) }
    guard hasStarted else {
      return giveUp(
        .malformed(reason: "nobody is listed, and the conference itself gave no answer"),
        at: inquiry.findings.receivedAt)
    }
    var findings = inquiry.findings
    findings.keepEverybody(at: findings.receivedAt, room.absences)
    believeTheList(&findings, atOnce: false)
    findings.overrulesRows = true
    return commit(inquiry.scan, findings)
  }

  /// The time for questions is over: what has not answered says nothing.
  package mutating func deadlinePassed(at now: Timestamp) -> [Action] {
    guard case .asking(let inquiry) = phase else { return [] }
    guard now >= inquiry.deadline else { return [] }
    guard inquiry.conferenceAskedAt != nil else { return commit(inquiry.scan, inquiry.findings) }
    guard inquiry.findings.isSilent else { return leaveOpen(inquiry) }
    var findings = inquiry.findings
    believeTheList(&findings, atOnce: !confirmsLeft)
    return commit(inquiry.scan, findings)
  }
}
