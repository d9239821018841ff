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
  mutating func compare(_ scan: Scan, at now: Timestamp) -> Findings {
    var findings = Findings(receivedAt: now)
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
    findings.shownCount =
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
  private mutating func compareDifferences(of scan: Scan, into findings: inout Findings) {
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

  private func noteAbsence(of call: CallSID, _ findings: inout Findings) {
    findings.absences[call] = Room.Streak.continued(room.absences[call], at: findings.receivedAt)
  }

  /// Decides about one row of the scan.
  private func judge(_ row: ListedParticipant, _ scan: Scan, _ findings: inout Findings) {
    let isInRoom = row.presence.isInRoom(whereStatusesAreLive: findings.hasLiveStatuses)
    if row.presence == .notYet { findings.awaited.insert(row.callSID) }
    guard let person = room.participants[row.callSID] else {
      if !room.endedStays.isEmpty, room.endedStays.knows(room.shown(row.callSID)) { findings.list(row) }
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
      findings.departures[row.callSID] = Findings.Departure(evidence: .rowFinished, row: row)
    }
  }

  /// Whether somebody came into the room in spite of the status `completed`.
  func wasAccepted(_ person: Participant) -> Bool {
    Presence(status: person.state.status) == .completed || room.accepted.contains(person.callSID)
  }

  func isLaterStay(_ row: ListedParticipant, than person: Participant) -> Bool {
    guard let created = row.dateCreated, let held = person.dateCreated else { return false }
    return created > held
  }

  func isStale(_ row: ListedParticipant, for person: Participant) -> Bool {
    guard let updated = row.dateUpdated, let held = person.dateUpdated else { return false }
    return updated < held
  }

  /// Somebody in the room has a row of a later stay.
  private func judgeNewStay(
    _ row: ListedParticipant, _ isInRoom: Bool, _ scan: Scan, _ findings: inout Findings
  ) {
    if isInRoom {
      findings.departures[row.callSID] = Findings.Departure(evidence: .rejoined, row: nil)
      let after = bound(room.lastLooked(for: row.callSID), of: row, scan)
      findings.arrivals[row.callSID] = Findings.Arrival(row: row, after: after)
    } else if row.presence == .notYet {
      noteAbsence(of: row.callSID, &findings)
    } else {
      findings.departures[row.callSID] = Findings.Departure(evidence: .rowFinished, row: row)
    }
  }

  /// Somebody who is not in the room has a row in the room: new, or back with the stay that was told to be over.
  private func judgeNewcomer(_ row: ListedParticipant, _ scan: Scan, _ findings: inout Findings) {
    let earlier = room.returning[row.callSID].flatMap { $0.row.dateCreated == row.dateCreated ? $0 : nil }
    guard earlier != nil || room.hasEnded(row, at: findings.receivedAt, listed: listedStays) else {
      findings.arrivals[row.callSID] = Findings.Arrival(row: row, after: arrivalBound(of: row, scan))
      return
    }
    let before = earlier.map(\.shownBefore) ?? room.lastScanStart
    let streak = Room.Streak.continued(earlier?.streak, at: findings.receivedAt)
    if streak.hasReached(scans: Self.insistentScans, and: Self.insistentTime, at: findings.receivedAt) {
      findings.arrivals[row.callSID] = Findings.Arrival(row: row, after: before)
    } else {
      findings.returning[row.callSID] = Room.Doubt(row: row, streak: streak, shownBefore: before)
    }
  }

  /// Returns the moment that an arrival of this scan certainly came after; nil in a baseline.
  private func arrivalBound(of row: ListedParticipant, _ scan: Scan) -> Timestamp? {
    if let start = room.lastScanStart { return bound(start, of: row, scan) }
    if case .foundLater(let after) = origin { return after }
    return nil
  }

  /// Returns the moment that a new stay certainly began after: a list may have passed over somebody who was there
  /// already, as where others left while its pages were read. Their row was made before they were in the room, and right
  /// before unless a scan has shown them as still being called.
  ///
  /// - Parameter looked: the start of the last complete scan without that stay.
  func bound(_ looked: Timestamp?, of row: ListedParticipant, _ scan: Scan) -> Timestamp? {
    guard let looked, let created = row.dateCreated, let lead = scan.clockLead, room.awaited[row.callSID] == nil else {
      return looked
    }
    return min(looked, Timestamp(milliseconds: created * 1000) + lead - Self.dateTolerance)
  }
}

extension Findings {
  /// Notes that a row is of nobody who is in the room by it.
  fileprivate mutating func list(_ row: ListedParticipant) { listed.updateValue(row.dateCreated, forKey: row.callSID) }
}
