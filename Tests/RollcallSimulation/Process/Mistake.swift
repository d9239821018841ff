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
  func apply(to drafts: [Event]) -> [Event] {
    switch self {
    case .skips, .rewrites, .shows: return drafts
    case .doubles: return drafts.flatMap { $0.type == .participantJoined ? [$0, $0] : [$0] }
    case .swaps: return drafts.reversed()
    case .forgetsDepartures: return drafts.filter { $0.type != .participantLeft }
    case .hidesGaps: return drafts.filter { $0.type != .watchResumed && $0.type != .watchInterrupted }
    case .forgetsAlerts: return drafts.filter { $0.type != .alertRaised }
    case .forgetsResolutions: return drafts.filter { $0.type != .alertResolved }
    case .repeatsAlerts: return drafts.flatMap { $0.type == .alertRaised ? [$0, $0] : [$0] }
    case .datesAlertsTooEarly:
      return drafts.map { draft in
        var draft = draft
        draft.since = draft.since.map { $0 - .seconds(1) }
        return draft
      }
    case .hidesInterruptions: return drafts.filter { $0.type != .watchInterrupted }
    case .leaks:
      return drafts.map { draft in
        var draft = draft
        if draft.type == .participantLeft { draft.participant = Array(#"{"label":"\#(Canary.token)"}"#.utf8) }
        return draft
      }
    case .datesTooLate:
      return drafts.map { draft in
        var draft = draft
        if draft.occurredAfter != nil { draft.occurredAfter = draft.timestamp }
        return draft
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
