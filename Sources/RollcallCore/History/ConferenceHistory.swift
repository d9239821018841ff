/// What happened in one conference, folded from its events.
package struct ConferenceHistory: Equatable, Sendable {
  package let conference: ConferenceSID
  package internal(set) var friendlyName: String?
  /// The time between polls, as the last run said; nil where none did.
  package internal(set) var interval: Duration?
  package internal(set) var start: Timestamp
  /// When it was over, else the last moment that the stream tells of.
  package internal(set) var end: Timestamp
  package internal(set) var hasEnded = false
  /// In the order in which they came.
  package internal(set) var people: [PersonHistory] = []
  /// In the order of time; they do not overlap.
  package internal(set) var interruptions: [Interruption] = []
  package internal(set) var counts = CountSteps()
  /// In the order in which they were raised.
  package internal(set) var alerts: [AlertHistory] = []
  /// How many people are in the room and not in ``people``, because the events that told of them are missing.
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

  /// The people in the room, averaged over the time of which anything is known; those of the end where it is no time.
  package var average: Double {
    let unknown = interruptions.reduce(0) { $1.isBetweenRuns ? $0 + $1.milliseconds : $0 }
    guard milliseconds > unknown else { return Double(counts.steps.last?.count ?? 0) }
    return Double(counts.integral(until: end)) / Double(milliseconds - unknown)
  }

  /// The part from a moment on; nil where all of it is before that.
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
  /// The run that the last event was of, and those before it.
  private(set) var epoch: UInt64
  private var pastEpochs: Set<UInt64> = []
  private var sequence: UInt64 = 0
  private var people: [CallSID: PersonFold] = [:]
  /// In the order in which they came.
  private var order: [CallSID] = []
  private var present = 0
  /// Where in the history the alerts stand that are raised.
  private var raised: [Alert: Int] = [:]
  /// How many spans, interruptions and earlier runs are remembered.
  private(set) var size = 1

  init(_ conference: ConferenceSID, _ event: HistoryEvent) {
    history = ConferenceHistory(conference: conference, start: event.timestamp, end: event.timestamp)
    epoch = event.epoch
  }

  /// - Parameter left: when the stream that the event before this one was of told its last.
  mutating func fold(_ event: HistoryEvent, left: Timestamp) throws(HistoryFault) {
    if event.epoch == epoch {
      // Deliveries may come twice.
      guard event.sequence > sequence else { return }
      guard event.timestamp >= history.end else { throw .disordered }
    } else {
      // What a later version tells may well be no beginning.
      guard let type = event.type else { return }
      try beginRun(event, type, left: left)
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

  /// - Parameter end: the last moment that the stream tells of.
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
    // Taken out, so that it is not copied with each event.
    people[call] = nil
    let (spans, wasThere) = (person.history.spans.count, person.isThere)
    person.fold(event, type, since: history.start)
    present += (person.isThere ? 1 : 0) - (wasThere ? 1 : 0)
    size += max(0, person.history.spans.count - spans)
    people[call] = person
    if let count = event.count {
      history.counts.note(count, at: event.timestamp)
      history.missing = max(0, count - present)
    }
  }

  /// A run that a store has kept the room for goes on with it; what was before any other has ended unseen.
  private mutating func beginRun(_ event: HistoryEvent, _ type: EventType, left: Timestamp) throws(HistoryFault) {
    guard pastEpochs.insert(epoch).inserted, !pastEpochs.contains(event.epoch) else { throw .disordered }
    epoch = event.epoch
    size += 1
    guard !history.hasEnded, type.beginsAnew else {
      guard event.timestamp >= history.end else { throw .disordered }
      return
    }
    let left = max(left, history.end)
    guard event.timestamp >= left else { throw .disordered }
    closeAll(at: left, .unseen)
    history.interruptions.append(Interruption(start: left, end: event.timestamp, reason: nil, isOpen: false))
  }

  private mutating func closeAll(at moment: Timestamp, _ ending: HistorySpan.Edge) {
    for call in order { people[call]?.close(at: moment, ending) }
    for index in raised.values { history.alerts[index].resolved = moment }
    raised = [:]
    endInterruption(at: moment, isOpen: false)
    present = 0
    history.counts.note(0, at: moment)
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

  /// The end of a gap says when it really began: after the last complete look.
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

/// An alert, as its events tell it.
package struct AlertHistory: Equatable, Sendable {
  package let alert: Alert
  /// The first time at which its state was seen.
  package let since: Timestamp
  package let raised: Timestamp
  /// nil where it is still raised at the end of the history.
  package internal(set) var resolved: Timestamp?
}

/// How many people were in a room over time, as the events say.
package struct CountSteps: Equatable, Sendable {
  package struct Step: Equatable, Sendable {
    package let at: Timestamp
    package let count: Int
  }

  /// In the order of time, no two at the same moment.
  package private(set) var steps: [Step] = []

  /// The most at once; what one poll tells counts as it is in the end.
  package var peak: Int { steps.map(\.count).max() ?? 0 }

  mutating func note(_ count: Int, at moment: Timestamp) {
    if steps.last?.at == moment { steps.removeLast() }
    if steps.last?.count != count { steps.append(Step(at: moment, count: count)) }
  }

  /// Milliseconds that all people together spent in the room until a moment.
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
      clipped.note(before.count, at: window.lowerBound)
    }
    for step in steps where step.at > window.lowerBound && step.at <= window.upperBound {
      clipped.note(step.count, at: step.at)
    }
    return clipped
  }
}
