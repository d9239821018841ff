/// Decides when the alerts of one conference are raised and resolved.
///
/// A spell is the time during which complete scans show the state of a condition, without an outage. Raised alerts
/// belong to the room, which outlasts the run; a spell that has not raised its alert starts again after an outage or a
/// restart.
struct AlertTracker: Sendable {
  /// What a complete scan shows beyond the resulting room.
  struct View {
    var now: Timestamp
    /// Participants whose state the scan does not show.
    var unshown: Set<CallSID> = []
    /// How many participants are in the room by this scan; the range covers those in doubt.
    var people: ClosedRange<Int>
    /// Whether the provider has just said that the conference is in progress.
    var isInProgress: Bool
  }

  /// The alerts that a scan raises and resolves, in the order of their events, each with the start of its spell.
  struct Decision {
    fileprivate(set) var resolved: [(alert: Alert, since: Timestamp)] = []
    fileprivate(set) var raised: [(alert: Alert, since: Timestamp)] = []

    var isEmpty: Bool { resolved.isEmpty && raised.isEmpty }
  }

  private let ofPeople: [AlertCondition]
  private let ofRoom: [AlertCondition]
  private let durations: [String: Duration]
  /// The spells that have not raised their alerts, and when each began.
  private var spells: [Alert: Timestamp] = [:]
  /// The earliest time at which a spell can be long enough; nil if there is none.
  private var due: Timestamp?
  /// Whether every spell begins with the next complete scan.
  private var beginsAnew = true

  init(_ conditions: [AlertCondition]) {
    ofPeople = conditions.filter { $0.subject.field != nil }
    ofRoom = conditions.filter { $0.subject.field == nil }
    durations = Dictionary(conditions.map { ($0.name, $0.duration) }) { first, _ in first }
  }

  /// Restarts every spell that has not raised its alert with the next complete scan.
  mutating func beginAnew() { beginsAnew = true }

  /// Decides which alerts a complete scan raises and resolves.
  ///
  /// - Parameters:
  ///   - events: the scan's changes to the room.
  ///   - room: the resulting room; its raised alerts are updated.
  mutating func decide(after events: [Event], in room: inout Room, _ view: View) -> Decision {
    var decision = Decision()
    let isWhole = beginsAnew
    if beginsAnew {
      (beginsAnew, spells, due) = (false, [:], nil)
      for alert in room.raisedAlerts.keys where durations[alert.name] == nil { end(alert, &room, &decision) }
    }
    if !ofPeople.isEmpty {
      for event in events where event.type == .participantLeft {
        for condition in ofPeople { end(Alert(condition.name, of: event.call), &room, &decision) }
      }
      let calls = isWhole ? Set(room.participants.keys) : Set(events.compactMap(\.call))
      for call in calls { lookAt(call, &room, view, &decision) }
    }
    for condition in ofRoom {
      guard let isTrue = condition.isTrue(of: room, view) else { continue }
      note(Alert(condition.name), isTrue, &room, view, &decision)
    }
    raise(&room, view, &decision)
    decision.resolved.sort { $0.alert < $1.alert }
    decision.raised.sort { $0.alert < $1.alert }
    return decision
  }

  /// Returns whether there may be an alert to raise or resolve in a room.
  func concerns(_ room: Room) -> Bool { !durations.isEmpty || !room.raisedAlerts.isEmpty }

  /// Resolves every alert when the conference has ended.
  mutating func endAll(in room: inout Room) -> Decision {
    var decision = Decision()
    for alert in room.raisedAlerts.keys.sorted() { end(alert, &room, &decision) }
    return decision
  }

  private mutating func lookAt(_ call: CallSID, _ room: inout Room, _ view: View, _ decision: inout Decision) {
    guard let state = room.participants[call]?.state else { return }
    for condition in ofPeople {
      note(Alert(condition.name, of: call), condition.isTrue(of: state), &room, view, &decision)
    }
  }

  private mutating func note(
    _ alert: Alert, _ isTrue: Bool, _ room: inout Room, _ view: View, _ decision: inout Decision
  ) {
    guard isTrue else { return end(alert, &room, &decision) }
    guard room.raisedAlerts[alert] == nil, spells[alert] == nil else { return }
    spells[alert] = view.now
    schedule(alert, since: view.now)
  }

  private mutating func end(_ alert: Alert, _ room: inout Room, _ decision: inout Decision) {
    spells[alert] = nil
    if let since = room.raisedAlerts.removeValue(forKey: alert) { decision.resolved.append((alert, since)) }
  }

  private mutating func schedule(_ alert: Alert, since: Timestamp) {
    let moment = since + (durations[alert.name] ?? .zero)
    due = due.map { min($0, moment) } ?? moment
  }

  /// Raises the alerts of spells that are long enough and whose state the scan still shows.
  private mutating func raise(_ room: inout Room, _ view: View, _ decision: inout Decision) {
    guard let due, view.now >= due else { return }
    self.due = nil
    for (alert, since) in spells {
      guard let duration = durations[alert.name], view.now - since >= duration, isShown(alert, room, view) else {
        schedule(alert, since: since)
        continue
      }
      spells[alert] = nil
      room.raisedAlerts[alert] = since
      decision.raised.append((alert, since))
    }
  }

  private func isShown(_ alert: Alert, _ room: Room, _ view: View) -> Bool {
    if let call = alert.call { return !view.unshown.contains(call) }
    return ofRoom.first { $0.name == alert.name }?.isTrue(of: room, view) == true
  }
}

extension AlertCondition {
  fileprivate func isTrue(of state: ParticipantState) -> Bool {
    switch subject {
    case .hold: state.isOnHold
    case .muted: state.isMuted
    case .coaching: state.isCoaching
    case .alone, .empty, .people: false
    }
  }

  /// Returns whether the condition is true of the room; nil if it is and the scan does not show it.
  fileprivate func isTrue(of room: Room, _ view: AlertTracker.View) -> Bool? {
    let people = room.participants.count
    switch subject {
    case .hold, .muted, .coaching: return false
    case .alone:
      guard people == 1 else { return false }
      return view.people == 1...1 ? true : nil
    case .empty:
      guard people == 0 else { return false }
      return view.people == 0...0 && view.isInProgress ? true : nil
    case .people:
      guard people > count else { return false }
      return view.people.lowerBound > count ? true : nil
    }
  }
}

extension ConferenceTracker {
  /// Returns the events of the alerts that a complete scan raises and resolves.
  ///
  /// - Parameters:
  ///   - events: the scan's own events.
  ///   - earlier: the start of the previous complete scan.
  mutating func alertEvents(
    after events: [Event], _ diff: ScanDiff, of scan: Scan, since earlier: Timestamp?, at now: Timestamp
  ) -> [Event] {
    guard alerts.concerns(room) else { return [] }
    let decision = alerts.decide(after: events, in: &room, view(diff, of: scan, at: now))
    return self.events(of: decision, after: events, since: earlier, at: now)
  }

  /// Returns the events that resolve every alert when the conference has ended.
  mutating func lastAlertEvents(after events: [Event], at now: Timestamp) -> [Event] {
    let decision = alerts.endAll(in: &room)
    return self.events(of: decision, after: events, since: room.lastScanStart, at: now)
  }

  private func view(_ diff: ScanDiff, of scan: Scan, at now: Timestamp) -> AlertTracker.View {
    let isSeen = { (call: CallSID) in diff.confirmedAt[call] != nil }
    var absent = Set(diff.absences.keys.filter { !isSeen($0) })
    for (call, doubt) in room.staleRows
    where !doubt.row.presence.isInRoom(whereStatusesAreLive: diff.hasLiveStatuses) { absent.insert(call) }
    let people = room.participants.count
    return AlertTracker.View(
      now: now, unshown: absent.union(room.staleRows.keys),
      people: max(0, people - absent.count)...(people + room.returning.count),
      isInProgress: room.conferenceLastSeen.map { $0 >= scan.start } ?? false)
  }

  private mutating func events(
    of decision: AlertTracker.Decision, after events: [Event], since earlier: Timestamp?, at now: Timestamp
  ) -> [Event] {
    guard !decision.isEmpty else { return [] }
    unsaved?.note(decision)
    var departed: [CallSID: [UInt8]] = [:]
    for event in events where event.type == .participantLeft {
      if let call = event.call { departed[call] = event.participant }
    }
    let people = withRecords(Set((decision.resolved + decision.raised).compactMap(\.alert.call)))
    func event(_ type: EventType, _ alert: Alert, since: Timestamp) -> Event {
      var event = Event(type, at: now, conference: room.conference)
      event.alert = alert.name
      event.since = since
      event.call = alert.call
      event.occurredAfter = earlier
      event.participantCount = room.participants.count
      return event
    }
    let resolved = decision.resolved.map { alert, since in
      var event = event(.alertResolved, alert, since: since)
      event.lastedMilliseconds = now.milliseconds - since.milliseconds
      if let call = alert.call { event.participant = departed[call] ?? people[call]?.record ?? [] }
      return event
    }
    let raised = decision.raised.map { alert, since in
      var event = event(.alertRaised, alert, since: since)
      if let call = alert.call { event.participant = people[call]?.record ?? [] }
      return event
    }
    return resolved + raised
  }
}
