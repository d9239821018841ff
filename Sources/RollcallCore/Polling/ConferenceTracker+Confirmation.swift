extension ConferenceTracker {
  /// So many people and half of the room absent at once are a reason to ask for the conference.
  static let massAbsence = 5

  /// Goes on after the last page.
  mutating func finishScan(_ scan: Scan, at now: Timestamp) -> [Action] {
    let findings = compare(scan, at: now)
    let isDoubtful = findings.shownCount <= 0 || findings.isSilent || isMassAbsence(findings)
    return ask(about: scan, findings, conference: isDoubtful && !scan.isSecondPass, at: now)
  }

  private func isMassAbsence(_ findings: Findings) -> Bool {
    let absent = findings.absences.count
    return absent >= Self.massAbsence && absent * 2 >= room.participants.count
  }

  /// Asks for the conference first where that is due, else for those who are in doubt.
  mutating func ask(about scan: Scan, _ findings: Findings, conference: Bool, at now: Timestamp) -> [Action] {
    var inquiry = Inquiry(scan: scan, findings: findings, began: now)
    guard conference else { return confirm(&inquiry, at: now) }
    inquiry.conferenceAskedAt = now
    phase = .asking(inquiry)
    return [.fetchConference, .setDeadline(inquiry.deadline)]
  }

  /// Asks for everybody in doubt, or commits where nobody is.
  private mutating func confirm(_ inquiry: inout Inquiry, at now: Timestamp) -> [Action] {
    believeTheList(&inquiry.findings, atOnce: !confirmsLeft)
    let doubtful = inquiry.findings.absences.keys.sorted() + inquiry.findings.returning.keys.sorted()
    inquiry.waiting = doubtful.reversed()
    let questions = inquiry.sendMore(at: now)
    guard !questions.isEmpty else { return commit(inquiry.scan, inquiry.findings) }
    phase = .asking(inquiry)
    return questions + [.setDeadline(inquiry.deadline)]
  }

  /// Believes the list about those whom it has left out for long enough, or at once where nobody else is to be asked.
  private func believeTheList(_ findings: inout Findings, atOnce: Bool) {
    for (call, streak) in findings.absences {
      let insists = streak.hasReached(
        scans: Self.insistentScans, and: Self.insistentTime, at: findings.receivedAt)
      guard atOnce || insists else { continue }
      findings.absences[call] = nil
      findings.departures[call] = Findings.Departure(evidence: .listOnly, row: nil)
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
      inquiry.findings.arrivals[call] = Findings.Arrival(row: row, after: doubt.shownBefore)
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
  private func note(_ row: ListedParticipant, _ findings: inout Findings) {
    guard !findings.hasLiveStatuses, StatusTally.Kind(row.state.status) == .live else { return }
    findings.isConfirmedLive = true
    // Every row of the next scan means something else then.
    findings.overrulesRows = true
  }

  private func settleAbsence(
    of call: CallSID, _ reply: ParticipantReply, sent: Timestamp, _ scan: Scan, _ findings: inout Findings,
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
    _ person: Participant, as row: ListedParticipant, asked sent: Timestamp, _ scan: Scan, _ findings: inout Findings
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
    findings.arrivals[call] = Findings.Arrival(row: row, after: bound(room.lastLooked(for: call), of: row, scan))
    // The list does not show the new stay either.
    findings.absences[call] = Room.Streak.continued(nil, at: findings.receivedAt)
    return true
  }

  private func depart(
    _ call: CallSID, _ evidence: DepartureEvidence, _ row: ListedParticipant?, _ findings: inout Findings
  ) {
    findings.absences[call] = nil
    findings.departures[call] = Findings.Departure(evidence: evidence, row: row)
  }

  /// Takes the answer about the conference.
  package mutating func conferenceAnswered(_ reply: ConferenceReply, at now: Timestamp) -> [Action] {
    guard case .asking(var inquiry) = phase, let sent = inquiry.conferenceAskedAt else { return [] }
    inquiry.conferenceAskedAt = nil
    let nobodyListed = inquiry.scan.wasNotFound || inquiry.findings.shownCount <= 0
    switch reply {
    case .completed(let ending):
      inquiry.findings.receivedAt = now
      return end(inquiry, by: ending, as: .over)
    case .notFound where nobodyListed:
      inquiry.findings.receivedAt = now
      return end(inquiry, by: nil, as: .unknown)
    case .running:
      room.conferenceShown = sent
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
  private func looksAgain(_ inquiry: Inquiry) -> Bool {
    if inquiry.scan.wasNotFound { return true }
    let hidesPeople = !inquiry.findings.isSilent || isMassAbsence(inquiry.findings)
    return hidesPeople && !room.participants.isEmpty
  }

  /// The conference said nothing: nobody has left, and it is asked for again at the next poll.
  private mutating func leaveOpen(_ inquiry: Inquiry) -> [Action] {
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
