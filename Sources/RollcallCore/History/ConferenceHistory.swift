/// The history of one conference, folded from its events.
package struct ConferenceHistory: Equatable, Sendable {
  package let conference: ConferenceSID
  package internal(set) var friendlyName: String?
  /// The poll interval as reported by the last run; nil if unknown.
  package internal(set) var interval: Duration?
  package internal(set) var start: Timestamp
  /// When the conference ended; if it has not, the last time known from the stream.
  package internal(set) var end: Timestamp
  package internal(set) var hasEnded = false
  /// The people, in order of arrival.
  package internal(set) var people: [PersonHistory] = []
  /// The number of people left out of ``people`` because others were selected.
  package private(set) var unselected = 0
  /// The interruptions, in order of time and without overlaps.
  package internal(set) var interruptions: [Interruption] = []
  package internal(set) var counts = CountSteps()
  /// The alerts, in the order in which they were raised.
  package internal(set) var alerts: [AlertHistory] = []
  /// The number of people in the room but not in ``people``, because their events are missing.
  package internal(set) var missing = 0

  package var milliseconds: Int64 { (end - start).wholeMilliseconds }
  package var peak: Int { counts.peak }
  package var interruptedMilliseconds: Int64 { interruptions.reduce(0) { $0 + $1.milliseconds } }

  /// How often each alert was raised, by its name.
  package var alertCounts: [(name: String, count: Int)] {
    Dictionary(grouping: alerts, by: \.alert.name).map { ($0.key, $0.value.count) }.sorted { $0.name < $1.name }
  }

  /// How many alerts were raised about each participant.
  package var alertsByCall: [CallSID: Int] {
    alerts.reduce(into: [:]) { counts, alert in
      if let call = alert.alert.call { counts[call, default: 0] += 1 }
    }
  }

  /// The average number of people over the known time; the final number if no time is known.
  package var average: Double {
    let unknown = interruptions.reduce(0) { $1.isBetweenRuns ? $0 + $1.milliseconds : $0 }
    guard milliseconds > unknown else { return Double(counts.steps.last?.count ?? 0) }
    return Double(counts.integral(until: end)) / Double(milliseconds - unknown)
  }

  /// Returns the same history with some of its people; all counts stay those of the whole conference.
  package func selecting(_ isSelected: (PersonHistory) -> Bool) -> ConferenceHistory {
    var history = self
    history.people = people.filter(isSelected)
    history.unselected = unselected + people.count - history.people.count
    return history
  }

  /// Returns the part from the given time onwards; nil if the history ends before it.
  package func clipped(from moment: Timestamp) -> ConferenceHistory? {
    guard moment <= end else { return nil }
    guard moment > start else { return self }
    var history = self
    history.start = moment
    let window = moment...end
    history.people = people.compactMap { $0.clipped(to: window) }
    history.interruptions = interruptions.compactMap { $0.clipped(to: window) }
    history.counts = counts.clipped(to: window)
    history.alerts = alerts.filter { $0.raised >= moment || $0.resolved.map { $0 > moment } ?? true }
    return history
  }
}

/// Folds the events of one conference, in their order.
struct ConferenceFold {
  private(set) var history: ConferenceHistory
  /// The run of the last event; earlier ones are in `pastEpochs`.
  private(set) var epoch: UInt64
  private var pastEpochs: Set<UInt64> = []
  private var sequence: UInt64 = 0
  private var people: [CallSID: PersonFold] = [:]
  /// The calls in order of arrival.
  private var order: [CallSID] = []
  private var present = 0
  /// The indexes of the raised alerts in the history.
  private var raised: [Alert: Int] = [:]
  /// The number of spans, interruptions and earlier runs kept.
  private(set) var size = 1

  init(_ conference: ConferenceSID, _ event: HistoryEvent) {
    history = ConferenceHistory(conference: conference, start: event.timestamp, end: event.timestamp)
    epoch = event.epoch
  }

  /// - Parameter streamEnd: the last known time of the stream that the previous event belongs to.
  mutating func fold(_ event: HistoryEvent, streamEnd: Timestamp) throws(HistoryFault) {
    if event.epoch == epoch {
      // Deliveries may be repeated.
      guard event.sequence > sequence else { return }
      guard event.timestamp >= history.end else { throw .disordered }
    } else {
      // An unknown type of a later version need not begin a run.
      guard let type = event.type else { return }
      try beginRun(event, type, streamEnd: streamEnd)
    }
    (sequence, history.end) = (event.sequence, event.timestamp)
    guard let type = event.type else { return }
    if let call = event.call, type.isAboutPerson { return fold(event, type, of: call) }
    switch type {
    case .alertRaised: raise(event)
    case .alertResolved: resolve(event)
    case .conferencePresent, .conferenceStarted: history.hasEnded = false
    case .conferenceEnded:
      closeAll(at: event.timestamp, event.edge)
      history.hasEnded = true
    case .watchStarted: history.interval = event.json["interval_ms"]?.asInteger.map { .milliseconds($0) }
    case .watchInterrupted: interrupt(event)
    case .watchResumed: resume(event)
    case .participantPresent, .participantJoined, .participantLeft, .participantMuted, .participantUnmuted,
      .participantHeld, .participantUnheld, .participantCoachingStarted, .participantCoachingStopped,
      .participantUpdated, .watchHeartbeat, .watchStopped:
      break
    }
    if let name = event.json["friendly_name"]?.asText { history.friendlyName = name }
  }

  /// - Parameter end: the last known time of the stream.
  consuming func finished(at end: Timestamp) -> ConferenceHistory {
    if !history.hasEnded {
      let end = max(history.end, end)
      history.end = end
      for call in order { people[call]?.close(at: end, .unseen) }
      endInterruption(at: end, isOpen: true)
    }
    history.people = order.compactMap { people[$0]?.history }
    return history
  }

  private mutating func fold(_ event: HistoryEvent, _ type: EventType, of call: CallSID) {
    history.hasEnded = false
    var person = people[call] ?? PersonFold(call)
    if people[call] == nil { order.append(call) }
    // Removed first, so that the fold is changed in place instead of being copied for each event.
    people[call] = nil
    let (spans, wasThere) = (person.history.spans.count, person.isThere)
    person.fold(event, type, since: history.start)
    present += (person.isThere ? 1 : 0) - (wasThere ? 1 : 0)
    size += max(0, person.history.spans.count - spans)
    people[call] = person
    if let count = event.count {
      history.counts.record(count, at: event.timestamp)
      history.missing = max(0, count - present)
    }
  }

  /// Begins a run: one with a saved room continues the history; any other run closes all open spans with an unseen end.
  private mutating func beginRun(_ event: HistoryEvent, _ type: EventType, streamEnd: Timestamp) throws(HistoryFault) {
    guard pastEpochs.insert(epoch).inserted, !pastEpochs.contains(event.epoch) else { throw .disordered }
    epoch = event.epoch
    size += 1
    guard !history.hasEnded, type.beginsAnew else {
      guard event.timestamp >= history.end else { throw .disordered }
      return
    }
    let end = max(streamEnd, history.end)
    guard event.timestamp >= end else { throw .disordered }
    closeAll(at: end, .unseen)
    history.interruptions.append(Interruption(start: end, end: event.timestamp, reason: nil, isOpen: false))
  }

  private mutating func closeAll(at moment: Timestamp, _ ending: HistorySpan.Edge) {
    for call in order { people[call]?.close(at: moment, ending) }
    for index in raised.values { history.alerts[index].resolved = moment }
    raised = [:]
    endInterruption(at: moment, isOpen: false)
    present = 0
    history.counts.record(0, at: moment)
    history.missing = 0
  }

  private mutating func raise(_ event: HistoryEvent) {
    guard let alert = event.alert, raised[alert] == nil else { return }
    raised[alert] = history.alerts.count
    size += 1
    history.alerts.append(
      AlertHistory(alert: alert, since: event.moment("since") ?? event.timestamp, raised: event.timestamp))
  }

  private mutating func resolve(_ event: HistoryEvent) {
    guard let index = event.alert.flatMap({ raised.removeValue(forKey: $0) }) else { return }
    history.alerts[index].resolved = event.timestamp
  }

  private mutating func interrupt(_ event: HistoryEvent) {
    guard history.interruptions.last?.isOpen != true else { return }
    history.interruptions.append(
      Interruption(start: event.timestamp, end: event.timestamp, reason: reason(event), isOpen: true))
    size += 1
  }

  /// Closes an interruption, using the `from` and `to` of its event because the outage began at the last complete scan.
  private mutating func resume(_ event: HistoryEvent) {
    if history.interruptions.last?.isOpen == true { history.interruptions.removeLast() } else { size += 1 }
    let earliest = max(history.start, history.interruptions.last?.end ?? history.start)
    let start = max(earliest, event.moment("from") ?? event.timestamp)
    let end = max(start, min(event.moment("to") ?? event.timestamp, event.timestamp))
    history.interruptions.append(Interruption(start: start, end: end, reason: reason(event), isOpen: false))
  }

  private mutating func endInterruption(at moment: Timestamp, isOpen: Bool) {
    guard let last = history.interruptions.indices.last, history.interruptions[last].isOpen else { return }
    (history.interruptions[last].end, history.interruptions[last].isOpen) = (moment, isOpen)
  }

  private func reason(_ event: HistoryEvent) -> String { event.json["reason"]?.asText ?? "unknown" }
}

/// An alert, according to its events.
package struct AlertHistory: Equatable, Sendable {
  package let alert: Alert
  /// The first time at which its state was seen.
  package let since: Timestamp
  package let raised: Timestamp
  /// When the alert was resolved; nil if it is still raised at the end of the history.
  package internal(set) var resolved: Timestamp?
}

/// The number of people in a room over time, according to the events.
package struct CountSteps: Equatable, Sendable {
  package struct Step: Equatable, Sendable {
    package let at: Timestamp
    package let count: Int
  }

  /// The steps in order of time, at most one for each time.
  package private(set) var steps: [Step] = []

  /// The maximum number of people at once; of one poll, only the final number counts.
  package var peak: Int { steps.map(\.count).max() ?? 0 }

  mutating func record(_ count: Int, at moment: Timestamp) {
    if steps.last?.at == moment { steps.removeLast() }
    if steps.last?.count != count { steps.append(Step(at: moment, count: count)) }
  }

  /// Returns the total time that people spent in the room before `end`, in milliseconds.
  package func integral(until end: Timestamp) -> Int64 {
    var sum: Int64 = 0
    for (index, step) in steps.enumerated() {
      let next = index + 1 < steps.count ? min(steps[index + 1].at, end) : end
      let (product, overflow) = max(0, (next - step.at).wholeMilliseconds).multipliedReportingOverflow(
        by: Int64(step.count))
      guard !overflow, sum <= .max - product else { return .max }
      sum += product
    }
    return sum
  }

  func clipped(to window: ClosedRange<Timestamp>) -> CountSteps {
    var clipped = CountSteps()
    if let before = steps.last(where: { $0.at <= window.lowerBound }) {
      clipped.record(before.count, at: window.lowerBound)
    }
    for step in steps where step.at > window.lowerBound && step.at <= window.upperBound {
      clipped.record(step.count, at: step.at)
    }
    return clipped
  }
}
