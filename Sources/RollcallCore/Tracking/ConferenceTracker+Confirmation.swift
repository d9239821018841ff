extension ConferenceTracker {
  /// A row older than the one kept is believed after this many consecutive scans with one, and this much time.
  static let staleScans = 3
  static let staleTime: Duration = .seconds(10)
  /// The list alone is believed after this many consecutive scans and this much time, whatever a confirmation says.
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
    var findings = ScanDiff(receivedAt: now)
    findings.statuses = tally(scan)
    findings.hasLiveStatuses = room.hasLiveStatuses || findings.statuses.isLive
    // Once statuses are live, unchanged rows mean something else than before.
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
  private mutating func compareDifferences(of scan: Scan, into findings: inout ScanDiff) {
    var seen: Set<CallSID> = []
    defer { findings.differing = seen }
    if let delta = scan.delta, let old = pages.first, let new = scan.pages.first {
      // With nobody in doubt, every participant is as the last scan showed them.
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

  /// Judges one row of the scan.
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
      // A row that says somebody is out replaces nothing that is kept, so it stays older than that.
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

  /// Returns whether a participant was accepted into the room in spite of the status `completed`.
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

  /// Judges a row of a later stay of a participant who is in the room.
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

  /// Judges a row that says a participant is in the room who was not: new, or back in a stay that was reported as over.
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

  /// Returns the latest moment that an arrival in this scan is known to come after; nil in a baseline.
  private func arrivalBound(of row: ParticipantRow, _ scan: Scan) -> Timestamp? {
    if let start = room.lastScanStart { return bound(start, of: row, scan) }
    if case .foundLater(let after) = origin { return after }
    return nil
  }

  /// Returns the latest moment that a new stay is known to have begun after.
  ///
  /// A list may have passed over a participant who was there already, for example because others left while its pages
  /// were read. Their row was created just before they entered, unless a scan has shown them as still being called.
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
  /// The minimum number of absent participants, half of the room at least, that makes rollcall ask about the
  /// conference.
  static let massAbsence = 5

  /// Continues after the last page.
  mutating func finishScan(_ scan: Scan, at now: Timestamp) -> [Action] {
    let findings = compare(scan, at: now)
    let isDoubtful = findings.presentCount <= 0 || findings.isSilent || isMassAbsence(findings)
    return ask(about: scan, findings, conference: isDoubtful && !scan.isSecondPass, at: now)
  }

  private func isMassAbsence(_ findings: ScanDiff) -> Bool {
    let absent = findings.absences.count
    return absent >= Self.massAbsence && absent * 2 >= room.participants.count
  }

  /// Asks about the conference first if that is due, otherwise about the participants in doubt.
  mutating func ask(about scan: Scan, _ findings: ScanDiff, conference: Bool, at now: Timestamp) -> [Action] {
    var inquiry = Confirmation(scan: scan, findings: findings, began: now)
    guard conference else { return confirm(&inquiry, at: now) }
    inquiry.conferenceAskedAt = now
    phase = .asking(inquiry)
    return [.fetchConference, .setDeadline(inquiry.deadline)]
  }

  /// Asks about all participants in doubt, or commits if there are none.
  private mutating func confirm(_ inquiry: inout Confirmation, at now: Timestamp) -> [Action] {
    believeTheList(&inquiry.findings, atOnce: !confirmsLeft)
    let doubtful = inquiry.findings.absences.keys.sorted() + inquiry.findings.returning.keys.sorted()
    inquiry.waiting = doubtful.reversed()
    let questions = inquiry.sendMore(at: now)
    guard !questions.isEmpty else { return commit(inquiry.scan, inquiry.findings) }
    phase = .asking(inquiry)
    return questions + [.setDeadline(inquiry.deadline)]
  }

  /// Believes the list about participants it has left out for long enough, or at once if nobody else is asked.
  private func believeTheList(_ findings: inout ScanDiff, atOnce: Bool) {
    for (call, streak) in findings.absences {
      let insists = streak.hasReached(
        scans: Self.insistentScans, and: Self.insistentTime, at: findings.receivedAt)
      guard atOnce || insists else { continue }
      findings.absences[call] = nil
      findings.departures[call] = ScanDiff.Departure(evidence: .listOnly, row: nil)
    }
  }

  /// Handles the answer about one participant.
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

  /// Records what a single row says about the conference's statuses.
  private func note(_ row: ParticipantRow, _ findings: inout ScanDiff) {
    guard !findings.hasLiveStatuses, StatusTally.Kind(row.state.status) == .live else { return }
    findings.isConfirmedLive = true
    // Every row of the next scan then means something else.
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

  /// Keeps an absent participant who is in the room. They are asked about at each poll until the list shows them.
  ///
  /// - Returns: whether an event is based on the reply.
  private func stays(
    _ person: Participant, as row: ParticipantRow, asked sent: Timestamp, _ scan: Scan, _ findings: inout ScanDiff
  ) -> Bool {
    let call = person.callSID
    let hasRejoined = isLaterStay(row, than: person)
    guard hasRejoined || !isStale(row, for: person) else { return false }
    findings.confirmedAt[call] = sent
    // If the list does have a row of theirs, one that says they are out, it may now be older than the one kept.
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

  /// Handles the answer about the conference.
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

  /// Returns whether to read the list of a running conference once more before asking about participants.
  private func looksAgain(_ inquiry: Confirmation) -> Bool {
    if inquiry.scan.wasNotFound { return true }
    let hidesPeople = !inquiry.findings.isSilent || isMassAbsence(inquiry.findings)
    return hidesPeople && !room.participants.isEmpty
  }

  /// Ends a poll whose question about the conference was not answered: nobody has left, and the next poll asks again.
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

  /// Ends the confirmations at their deadline: a question without an answer says nothing.
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
