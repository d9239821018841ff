import RollcallCore

/// An error of a store, for tests of the oracles.
enum Mistake {
  case doubles
  case skips
  case rewrites
  case leaks
  case swaps
  case forgetsDepartures
  case datesTooLate
  case hidesGaps
  case hidesInterruptions
  case shows
  case forgetsAlerts
  case forgetsResolutions
  case repeatsAlerts
  case datesAlertsTooEarly

  /// Returns the events that a store with the mistake writes.
  func apply(to events: [Event]) -> [Event] {
    switch self {
    case .skips, .rewrites, .shows: return events
    case .doubles: return events.flatMap { $0.type == .participantJoined ? [$0, $0] : [$0] }
    case .swaps: return events.reversed()
    case .forgetsDepartures: return events.filter { $0.type != .participantLeft }
    case .hidesGaps: return events.filter { $0.type != .watchResumed && $0.type != .watchInterrupted }
    case .forgetsAlerts: return events.filter { $0.type != .alertRaised }
    case .forgetsResolutions: return events.filter { $0.type != .alertResolved }
    case .repeatsAlerts: return events.flatMap { $0.type == .alertRaised ? [$0, $0] : [$0] }
    case .datesAlertsTooEarly:
      return events.map { event in
        var event = event
        event.since = event.since.map { $0 - .seconds(1) }
        return event
      }
    case .hidesInterruptions: return events.filter { $0.type != .watchInterrupted }
    case .leaks:
      return events.map { event in
        var event = event
        if event.type == .participantLeft { event.participant = Array(#"{"label":"\#(Canary.token)"}"#.utf8) }
        return event
      }
    case .datesTooLate:
      return events.map { event in
        var event = event
        if event.occurredAfter != nil { event.occurredAfter = event.timestamp }
        return event
      }
    }
  }

  /// Returns an event as a store with the mistake reads it.
  func read(_ event: StoredEvent) -> StoredEvent {
    guard case .rewrites = self, event.sequence.isMultiple(of: 7) else { return event }
    return StoredEvent(
      sequence: event.sequence, id: event.id, type: event.type, timestamp: event.timestamp,
      conference: event.conference, call: event.call, line: Array(event.line.dropLast()) + [0x20, 0x0a])
  }
}
