extension ConferenceTracker {
  /// Makes the result of a complete scan the new room, and emits the differences.
  mutating func commit(_ scan: Scan, _ diff: ScanDiff) -> [Action] {
    let now = max(diff.receivedAt, room.lastEventAt ?? diff.receivedAt)
    room.hasLiveStatuses = room.hasLiveStatuses || diff.hasLiveStatuses || diff.isConfirmedLive
    let isCompared = !scan.isSecondPass && !diff.overrulesRows
    if !isCompared { copyAllRecords() }
    redate(diff, of: scan)
    var events = ParticipantEvents(conference: room.conference, at: now)
    let isFirst = !hasStarted
    if isFirst, let event = discoveryEvent(at: now) { events.append(event) }
    if let event = resumption(at: now) {
      events.append(event)
      alerts.beginAnew()
    }
    if isFirst { emitStart(diff, &events, at: now) }
    emitDepartures(diff, &events, at: now)
    emitArrivals(diff, &events, isFirst: isFirst)
    emitChanges(diff, &events)
    let earlier = room.lastScanStart
    keep(diff, of: scan, at: now)
    updateEndedStays(diff, at: now)
    unsaved?.note(diff, of: scan)
    pages = isCompared ? scan.pages : []
    statuses = diff.statuses
    dropRecords(scan, wasIncremental: !diff.isWhole)
    let alertEvents = alertEvents(after: events.all, diff, of: scan, since: earlier, at: now)
    return warnings(diff) + finish(events.all + alertEvents, as: .complete)
  }

  /// Ends the conference: everybody leaves. At the start nothing is emitted, and the conference may be polled again.
  mutating func end(_ confirmation: Confirmation, by ending: ConferenceEnding?, as outcome: PollOutcome) -> [Action] {
    guard hasStarted else {
      phase = .idle
      return [.finish(outcome)]
    }
    let now = max(confirmation.diff.receivedAt, room.lastEventAt ?? confirmation.diff.receivedAt)
    copyAllRecords()
    redate(confirmation.diff, of: confirmation.scan)
    var events = ParticipantEvents(conference: room.conference, at: now)
    if let event = resumption(at: now) { events.append(event) }
    for call in room.participants.keys.sorted() {
      guard let person = room.participants[call] else { continue }
      let departure = confirmation.diff.departures[call]
      let isOwn = departure?.evidence == .rowFinished
      let row = isOwn ? departure?.row : confirmation.diff.updates[call]
      events.left(
        person, isOwn ? .rowFinished : .conferenceEnded, record: row?.record, after: room.lastSeen(call),
        in: &room.participants)
    }
    for event in lastAlertEvents(after: events.all, at: now) { events.append(event) }
    var end = conferenceEvent(.conferenceEnded, after: room.conferenceLastSeen ?? room.lastScanStart, at: now)
    end.endedBy = ending
    events.append(end)
    let actions = finish(events.all, as: .ended)
    room.participants = [:]
    phase = .over
    return actions
  }

  /// Returns the warnings about the list, each once.
  private mutating func warnings(_ diff: ScanDiff) -> [Action] {
    guard diff.isSilent, !hasWarnedOfStatuses else { return [] }
    hasWarnedOfStatuses = true
    return [.warnOfStatuses]
  }

  private mutating func finish(_ events: [Event], as outcome: PollOutcome) -> [Action] {
    phase = .idle
    outage.close()
    if let last = events.last {
      room.lastEventAt = last.timestamp
      unsaved?.awaitsEvents = true
    }
    return (events.isEmpty ? [] : [.commit(events)]) + [.finish(outcome)]
  }

  /// Returns the event of a conference that discovery found: a baseline if it was there when watching began.
  private func discoveryEvent(at now: Timestamp) -> Event? {
    switch origin {
    case .named: nil
    case .foundAtStart: conferenceEvent(.conferencePresent, after: nil, at: now)
    case .foundLater(let after): conferenceEvent(.conferenceStarted, after: after, at: now)
    }
  }

  private func conferenceEvent(_ type: EventType, after: Timestamp?, at now: Timestamp) -> Event {
    var event = Event(type, at: now, conference: room.conference)
    event.friendlyName = room.friendlyName
    event.occurredAfter = after
    return event
  }

  /// Emits the baseline and its end, `watch.started`. A conference found later has no baseline.
  private mutating func emitStart(_ diff: ScanDiff, _ events: inout ParticipantEvents, at now: Timestamp) {
    var baseline = 0
    if isBaseline {
      room.participants.reserveCapacity(diff.arrivals.count)
      for arrival in Self.inOrderOfArrival(diff.arrivals) {
        events.present(arrival.row, in: &room.participants)
        baseline += 1
      }
    }
    var event = Event(.watchStarted, at: now, conference: room.conference)
    event.watch = .started(baseline: baseline, interval: interval, version: version)
    events.append(event)
  }

  private var isBaseline: Bool {
    if case .foundLater = origin { false } else { true }
  }

  private mutating func emitDepartures(_ diff: ScanDiff, _ events: inout ParticipantEvents, at now: Timestamp) {
    for call in diff.departures.keys.sorted() {
      guard let departure = diff.departures[call], let person = room.participants[call] else { continue }
      events.left(
        person, departure.evidence, record: departure.row?.record, after: room.lastSeen(call), in: &room.participants)
      _ = room.remove(call)
      noteEnd(of: person, at: now)
    }
  }

  private mutating func emitArrivals(_ diff: ScanDiff, _ events: inout ParticipantEvents, isFirst: Bool) {
    guard !(isFirst && isBaseline) else { return }
    for arrival in Self.inOrderOfArrival(diff.arrivals) {
      events.joined(arrival.row, after: arrival.after, in: &room.participants)
    }
  }

  /// Applies rows that change nothing but the date.
  private mutating func redate(_ diff: ScanDiff, of scan: Scan) {
    guard !diff.redated.isEmpty, listedCount < room.participants.count, let old = pages.first,
      let new = scan.pages.first
    else { return }
    for row in diff.redated {
      // In place, because going through an optional would copy the whole participant twice.
      guard let place = room.participants.index(forKey: new.callSID(of: row.new)),
        !room.participants.values[place].isListed
      else { continue }
      room.participants.values[place].redate(by: row, of: new, since: old)
    }
  }

  private mutating func emitChanges(_ diff: ScanDiff, _ events: inout ParticipantEvents) {
    for call in diff.updates.keys.sorted() {
      guard let row = diff.updates[call] else { continue }
      events.changed(call, to: row, after: room.lastSeen(call), in: &room.participants)
    }
  }

  /// Records what is in doubt, and when each participant was last seen.
  private mutating func keep(_ diff: ScanDiff, of scan: Scan, at now: Timestamp) {
    let before = room.lastScanStart
    var shown = diff.confirmedAt
    for call in diff.absences.keys where shown[call] == nil { shown[call] = room.lastSeenInDoubt[call] ?? before }
    for call in diff.staleRows.keys { shown[call] = room.lastSeenInDoubt[call] ?? before }
    room.lastSeenInDoubt = shown
    room.absences = diff.absences
    room.staleRows = diff.staleRows.filter { room.participants[$0.key] != nil }
    room.accepted = room.accepted.union(diff.accepted).filter {
      room.absences[$0] != nil || room.staleRows[$0] != nil
    }
    room.returning = diff.returning
    keepAwaited(diff, since: scan.start)
    room.lastScanStart = scan.start
    room.lastScanEnd = now
    emptySince = room.participants.isEmpty && room.returning.isEmpty ? emptySince ?? now : nil
    if diff.presentCount > 0 { room.conferenceLastSeen = max(room.conferenceLastSeen ?? scan.start, scan.start) }
  }

  /// Remembers which participants are still being called, until they arrive.
  private mutating func keepAwaited(_ diff: ScanDiff, since start: Timestamp) {
    guard !diff.awaited.isEmpty || !room.awaited.isEmpty else { return }
    for call in diff.arrivals.keys { room.awaited[call] = nil }
    if room.awaited.count + diff.awaited.count > Self.maximumAwaited { room.awaited = [:] }
    for call in diff.awaited where room.awaited[call] == nil { room.awaited[call] = start }
  }

  /// Returns arrivals by `date_created`, those without one last, then by call sid.
  private static func inOrderOfArrival(_ arrivals: [CallSID: ScanDiff.Arrival]) -> [ScanDiff.Arrival] {
    arrivals.values.sorted {
      ($0.row.dateCreated ?? .max, $0.row.callSID) < ($1.row.dateCreated ?? .max, $1.row.callSID)
    }
  }
}

/// Keeps each record only once.
///
/// If a participant's record and date are, byte for byte, those of their row in the last page, the row is enough: the
/// participant is *listed*, and their own record is empty. Moving a listed participant's row, or giving it another
/// date, then costs nothing. A participant whose row changes in any other way gets their own record first.
extension ConferenceTracker {
  /// The room, with a record in every participant.
  package var wholeRoom: Room {
    var tracker = self
    tracker.copyAllRecords()
    return tracker.room
  }

  /// The page that has the records of listed participants.
  private var listing: Page? { listedCount > 0 ? pages.first : nil }

  /// Copies a listed participant's record out of the last page, from before the current scan.
  ///
  /// - Parameter row: the participant's row in the last page; nil if that is not known.
  mutating func copyRecord(_ call: CallSID, at row: Int? = nil) {
    guard let listing, let place = room.participants.index(forKey: call), room.participants.values[place].isListed,
      let row = row ?? listing.row(of: call)
    else { return }
    room.participants.values[place].copyRecord(row, of: listing)
    listedCount -= 1
  }

  mutating func copyAllRecords() {
    guard let listing else { return }
    for row in listing.rows.indices { copyRecord(listing.callSID(of: row), at: row) }
  }

  /// Returns those of these participants who are in the room, each with a record.
  func withRecords(_ calls: Set<CallSID>) -> [CallSID: Participant] {
    var people: [CallSID: Participant] = [:]
    for call in calls { people[call] = room.participants[call] }
    guard let listing, people.values.contains(where: \.isListed) else { return people }
    for row in listing.rows.indices {
      let call = listing.callSID(of: row)
      if people[call]?.isListed == true { people[call]?.copyRecord(row, of: listing) }
    }
    return people
  }

  /// Drops the records that the page of the scan just committed contains too.
  mutating func dropRecords(_ scan: Scan, wasIncremental: Bool) {
    guard pages.count == 1 else { return }
    if wasIncremental, let delta = scan.delta {
      for change in delta.changed where !change.isRedated || listedCount < room.participants.count {
        dropRecord(change.new)
      }
    } else if !wasIncremental, pages[0].learnRepeats() {
      for row in pages[0].rows.indices { dropRecord(row) }
    }
  }

  private mutating func dropRecord(_ row: Int) {
    guard let place = room.participants.index(forKey: pages[0].callSID(of: row)),
      room.participants.values[place].isRepeated(by: row, of: pages[0])
    else { return }
    room.participants.values[place].dropRecord()
    listedCount += 1
  }
}

extension Participant {
  /// Whether the record and the date must be looked up in the last page.
  var isListed: Bool { record.isEmpty }

  fileprivate mutating func dropRecord() { record = [] }

  fileprivate mutating func copyRecord(_ row: Int, of page: Page) {
    record = Array(page.object(row))
    dateUpdated = page.seconds(.dateUpdated, of: row)
  }

  fileprivate func isRepeated(by row: Int, of page: Page) -> Bool {
    !isListed && page.isVerbatim(record, row) && dateUpdated == page.seconds(.dateUpdated, of: row)
  }
}

extension Page {
  fileprivate func row(of call: CallSID) -> Int? {
    rows.indices.first { contents(.callSID, of: $0)?.elementsEqual(call.text.utf8) ?? false }
  }

  /// Finds out whether any call occurs in the page twice.
  ///
  /// - Returns: whether every call occurs only once.
  fileprivate mutating func learnRepeats() -> Bool {
    if repeats == .unknown { repeats = index() == nil ? .yes : .no }
    return repeats == .no
  }
}
