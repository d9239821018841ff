extension ConferenceTracker {
  /// Makes a complete scan the new room, and tells what is different.
  mutating func commit(_ scan: Scan, _ findings: Findings) -> [Action] {
    let now = max(findings.receivedAt, room.lastEventAt ?? findings.receivedAt)
    room.hasLiveStatuses = room.hasLiveStatuses || findings.hasLiveStatuses || findings.isConfirmedLive
    let isCompared = !scan.isSecondPass && !findings.overrulesRows
    if !isCompared { holdEverybody() }
    redate(findings, of: scan)
    var events = ParticipantEvents(conference: room.conference, at: now)
    let isFirst = !hasStarted
    if isFirst, let draft = discoveryDraft(at: now) { events.append(draft) }
    if let draft = resumption(at: now) { events.append(draft) }
    if isFirst { tellStart(findings, &events, at: now) }
    tellDepartures(findings, &events, at: now)
    tellArrivals(findings, &events, isFirst: isFirst)
    tellChanges(findings, &events)
    keep(findings, of: scan, at: now)
    keepEnds(findings, at: now)
    unsaved?.note(findings, of: scan)
    pages = isCompared ? scan.pages : []
    statuses = findings.statuses
    release(scan, wasIncremental: !findings.isWhole)
    return warnings(findings) + finish(events.drafts, as: .complete)
  }

  /// Everybody leaves and the conference is over; at the start nothing is told, and it may be asked for again.
  mutating func end(_ inquiry: Inquiry, by ending: ConferenceEnding?, as outcome: PollOutcome) -> [Action] {
    guard hasStarted else {
      phase = .idle
      return [.finish(outcome)]
    }
    let now = max(inquiry.findings.receivedAt, room.lastEventAt ?? inquiry.findings.receivedAt)
    holdEverybody()
    redate(inquiry.findings, of: inquiry.scan)
    var events = ParticipantEvents(conference: room.conference, at: now)
    if let draft = resumption(at: now) { events.append(draft) }
    for call in room.participants.keys.sorted() {
      guard let person = room.participants[call] else { continue }
      let departure = inquiry.findings.departures[call]
      let isOwn = departure?.evidence == .rowFinished
      let row = isOwn ? departure?.row : inquiry.findings.updates[call]
      events.left(
        person, isOwn ? .rowFinished : .conferenceEnded, record: row?.record, after: room.lastShown(call),
        in: &room.participants)
    }
    var end = conferenceDraft(.conferenceEnded, after: room.conferenceShown ?? room.lastScanStart, at: now)
    end.endedBy = ending
    events.append(end)
    let actions = finish(events.drafts, as: .ended)
    room.participants = [:]
    phase = .over
    return actions
  }

  /// What people should know of the list, once.
  private mutating func warnings(_ findings: Findings) -> [Action] {
    guard findings.isSilent, !hasWarnedOfStatuses else { return [] }
    hasWarnedOfStatuses = true
    return [.warnOfStatuses]
  }

  private mutating func finish(_ drafts: [EventDraft], as outcome: PollOutcome) -> [Action] {
    phase = .idle
    outage.close()
    if let last = drafts.last {
      room.lastEventAt = last.timestamp
      unsaved?.awaitsEvents = true
    }
    return (drafts.isEmpty ? [] : [.commit(drafts)]) + [.finish(outcome)]
  }

  /// Returns the event of a conference that discovery found: a baseline where it was there when watching began.
  private func discoveryDraft(at now: Timestamp) -> EventDraft? {
    switch origin {
    case .named: nil
    case .foundAtStart: conferenceDraft(.conferencePresent, after: nil, at: now)
    case .foundLater(let after): conferenceDraft(.conferenceStarted, after: after, at: now)
    }
  }

  private func conferenceDraft(_ type: EventType, after: Timestamp?, at now: Timestamp) -> EventDraft {
    var draft = EventDraft(type, at: now, conference: room.conference)
    draft.friendlyName = room.friendlyName
    draft.occurredAfter = after
    return draft
  }

  /// The baseline, and the mark that it is complete. In a conference found later nobody is a baseline.
  private mutating func tellStart(_ findings: Findings, _ events: inout ParticipantEvents, at now: Timestamp) {
    var baseline = 0
    if isBaseline {
      room.participants.reserveCapacity(findings.arrivals.count)
      for arrival in Self.inOrderOfArrival(findings.arrivals) {
        events.present(arrival.row, in: &room.participants)
        baseline += 1
      }
    }
    var draft = EventDraft(.watchStarted, at: now, conference: room.conference)
    draft.watch = .started(baseline: baseline, interval: interval, version: version)
    events.append(draft)
  }

  private var isBaseline: Bool {
    if case .foundLater = origin { false } else { true }
  }

  private mutating func tellDepartures(_ findings: Findings, _ events: inout ParticipantEvents, at now: Timestamp) {
    for call in findings.departures.keys.sorted() {
      guard let departure = findings.departures[call], let person = room.participants[call] else { continue }
      events.left(
        person, departure.evidence, record: departure.row?.record, after: room.lastShown(call), in: &room.participants)
      _ = room.remove(call)
      noteEnd(of: person, at: now)
    }
  }

  private mutating func tellArrivals(_ findings: Findings, _ events: inout ParticipantEvents, isFirst: Bool) {
    guard !(isFirst && isBaseline) else { return }
    for arrival in Self.inOrderOfArrival(findings.arrivals) {
      events.joined(arrival.row, after: arrival.after, in: &room.participants)
    }
  }

  /// Takes over rows that tell nothing.
  private mutating func redate(_ findings: Findings, of scan: Scan) {
    guard !findings.redated.isEmpty, listedCount < room.participants.count, let old = pages.first,
      let new = scan.pages.first
    else { return }
    for row in findings.redated {
      // In place: through an optional everything that is held of a person would be copied twice.
      guard let place = room.participants.index(forKey: new.callSID(of: row.new)),
        !room.participants.values[place].isListed
      else { continue }
      room.participants.values[place].redate(by: row, of: new, since: old)
    }
  }

  private mutating func tellChanges(_ findings: Findings, _ events: inout ParticipantEvents) {
    for call in findings.updates.keys.sorted() {
      guard let row = findings.updates[call] else { continue }
      events.changed(call, to: row, after: room.lastShown(call), in: &room.participants)
    }
  }

  /// Remembers what was in doubt, and when the rest was last shown.
  private mutating func keep(_ findings: Findings, of scan: Scan, at now: Timestamp) {
    let before = room.lastScanStart
    var shown = findings.confirmedAt
    for call in findings.absences.keys where shown[call] == nil { shown[call] = room.shown[call] ?? before }
    for call in findings.staleRows.keys { shown[call] = room.shown[call] ?? before }
    room.shown = shown
    room.absences = findings.absences
    room.staleRows = findings.staleRows.filter { room.participants[$0.key] != nil }
    room.accepted = room.accepted.union(findings.accepted).filter {
      room.absences[$0] != nil || room.staleRows[$0] != nil
    }
    room.returning = findings.returning
    keepAwaited(findings, since: scan.start)
    room.lastScanStart = scan.start
    room.lastScanEnd = now
    emptySince = room.participants.isEmpty && room.returning.isEmpty ? emptySince ?? now : nil
    if findings.shownCount > 0 { room.conferenceShown = max(room.conferenceShown ?? scan.start, scan.start) }
  }

  /// Remembers who was still being called until they come.
  private mutating func keepAwaited(_ findings: Findings, since start: Timestamp) {
    guard !findings.awaited.isEmpty || !room.awaited.isEmpty else { return }
    for call in findings.arrivals.keys { room.awaited[call] = nil }
    if room.awaited.count + findings.awaited.count > Self.maximumAwaited { room.awaited = [:] }
    for call in findings.awaited where room.awaited[call] == nil { room.awaited[call] = start }
  }

  /// By `date_created`, those without one last, then by call sid.
  private static func inOrderOfArrival(_ arrivals: [CallSID: Findings.Arrival]) -> [Findings.Arrival] {
    arrivals.values.sorted {
      ($0.row.dateCreated ?? .max, $0.row.callSID) < ($1.row.dateCreated ?? .max, $1.row.callSID)
    }
  }
}
