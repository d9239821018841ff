/// The history of one call in one conference.
package struct PersonHistory: Equatable, Sendable {
  package let call: CallSID
  /// The last label that the provider gave.
  package internal(set) var label: String?
  /// The last address that events gave for the call.
  package internal(set) var address: String?
  /// The spans in order of their beginnings; spans of one kind do not overlap.
  package internal(set) var spans: [HistorySpan] = []

  package func spans(_ kind: HistorySpan.Kind) -> [HistorySpan] { spans.filter { $0.kind == kind } }

  /// Returns the total duration of one kind.
  package func milliseconds(_ kind: HistorySpan.Kind) -> Int64 {
    spans.reduce(0) { $1.kind == kind ? $0 + $1.milliseconds : $0 }
  }

  /// Whether a state lasts beyond the end of the history.
  package func isOpen(_ kind: HistorySpan.Kind) -> Bool { spans.contains { $0.kind == kind && $0.isOpen } }

  /// The number of observed joins.
  package var joins: Int { spans.count { $0.kind == .presence && $0.beginning != .unseen } }

  /// Whether the participant was already in the room when first seen, so that this arrival was not observed.
  package var wasThereBefore: Bool { spans.first { $0.kind == .presence }?.beginning == .unseen }

  /// The first time in the room; nil if there is none.
  package var first: Timestamp? { spans.lazy.filter { $0.kind == .presence }.map(\.start).min() }
  package var last: Timestamp? { spans.lazy.filter { $0.kind == .presence }.map(\.end).max() }

  /// Returns the part within a window; nil if there is none.
  func clipped(to window: ClosedRange<Timestamp>) -> PersonHistory? {
    var person = self
    person.spans = spans.compactMap { $0.clipped(to: window) }
    return person.spans.isEmpty ? nil : person
  }
}

/// Folds the events of one call in one conference.
struct PersonFold {
  private(set) var history: PersonHistory
  /// The indexes of the open spans in the history.
  private var open: [HistorySpan.Kind: Int] = [:]
  /// The time of the first event, if the participant's join is missing; otherwise nil.
  private var impliedAt: Timestamp?

  init(_ call: CallSID) { history = PersonHistory(call: call) }

  var isThere: Bool { open[.presence] != nil }

  mutating func fold(_ event: HistoryEvent, _ type: EventType, since start: Timestamp) {
    let record = event.json["participant"] ?? .null
    if let label = record["label"]?.asText, !label.isEmpty { history.label = label }
    if let address = record["call"].flatMap({ CallDetails($0).address }) { history.address = address }
    switch type {
    case .participantPresent:
      close(at: event.timestamp, .unseen)
      enter(ParticipantState(record: record), at: event.timestamp)
    case .participantJoined:
      close(at: event.timestamp, .unseen)
      impliedAt = nil
      begin(.presence, at: event.timestamp, event.edge)
    case .participantLeft:
      imply(event, record, since: start)
      close(at: event.timestamp, event.edge)
    case .participantMuted, .participantHeld, .participantCoachingStarted, .participantUnmuted, .participantUnheld,
      .participantCoachingStopped, .participantUpdated:
      imply(event, record, since: start)
      change(event, type)
    case .conferencePresent, .conferenceStarted, .conferenceEnded, .alertRaised, .alertResolved, .watchStarted,
      .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      break
    }
  }

  /// Closes all open spans.
  mutating func close(at moment: Timestamp, _ ending: HistorySpan.Edge) {
    for index in open.values { (history.spans[index].end, history.spans[index].ending) = (moment, ending) }
    open = [:]
  }

  private mutating func change(_ event: HistoryEvent, _ type: EventType) {
    switch type {
    case .participantMuted: begin(.muted, event)
    case .participantHeld: begin(.held, event)
    case .participantCoachingStarted: begin(.coaching, event)
    case .participantUnmuted: end(.muted, event)
    case .participantUnheld: end(.held, event)
    case .participantCoachingStopped: end(.coaching, event)
    case .participantPresent, .participantJoined, .participantLeft, .participantUpdated, .conferencePresent,
      .conferenceStarted, .conferenceEnded, .alertRaised, .alertResolved, .watchStarted, .watchInterrupted,
      .watchResumed, .watchHeartbeat, .watchStopped:
      break
    }
  }

  /// Adds a participant who was already in the room, in the state of a record.
  private mutating func enter(_ state: ParticipantState, at start: Timestamp) {
    impliedAt = nil
    begin(.presence, at: start, .unseen)
    if state.isMuted { begin(.muted, at: start, .unseen) }
    if state.isOnHold { begin(.held, at: start, .unseen) }
    if state.isCoaching { begin(.coaching, at: start, .unseen, target: state.callSIDToCoach) }
  }

  /// Adds a participant whose join is missing, assuming that they were in the room from the start.
  private mutating func imply(_ event: HistoryEvent, _ record: JSONValue, since start: Timestamp) {
    guard !isThere else { return }
    enter(ParticipantState(record: record), at: max(start, history.spans.map(\.end).max() ?? start))
    impliedAt = event.timestamp
  }

  private mutating func begin(_ kind: HistorySpan.Kind, _ event: HistoryEvent) {
    let target = kind == .coaching ? event.json["call_sid_to_coach"]?.asText : nil
    if let index = open[kind] {
      if impliedAt == event.timestamp, history.spans[index].beginning == .unseen {
        // The record describes the state after this poll, not before it.
        remove(at: index)
      } else if history.spans[index].target == target {
        return
      } else {
        (history.spans[index].end, history.spans[index].ending) = (event.timestamp, event.edge)
      }
    }
    begin(kind, at: event.timestamp, event.edge, target: target)
  }

  private mutating func begin(
    _ kind: HistorySpan.Kind, at start: Timestamp, _ beginning: HistorySpan.Edge, target: String? = nil
  ) {
    open[kind] = history.spans.count
    history.spans.append(
      HistorySpan(kind: kind, target: target, start: start, beginning: beginning, end: start, ending: .unseen))
  }

  private mutating func end(_ kind: HistorySpan.Kind, _ event: HistoryEvent) {
    if let stay = open[.presence], impliedAt == event.timestamp {
      // The state that ends now began earlier, even though the record shows it as already over.
      let start = history.spans[stay].start
      if let index = open[kind], history.spans[index].beginning == .unseen { remove(at: index) }
      let target = kind == .coaching ? event.json["call_sid_to_coach"]?.asText : nil
      begin(kind, at: start, .unseen, target: target)
    }
    guard let index = open.removeValue(forKey: kind) else { return }
    (history.spans[index].end, history.spans[index].ending) = (event.timestamp, event.edge)
  }

  private mutating func remove(at index: Int) {
    history.spans.remove(at: index)
    for (kind, other) in open where other > index { open[kind] = other - 1 }
  }
}
