import RollcallCore

/// Which events a target wants, and what that means in words of the simulation's own.
struct TargetFilter: Sendable {
  /// Whether it wants what happens to people alone.
  var isOfPeople = false
  /// Of the events about people only those about these, and about whoever coaches them; nil for everybody.
  var calls: Set<String>?
  /// Of the events about people only changes of these; nil for everything about them.
  var fields: Set<TrackedField>?

  private static let people = EventFilter.all.narrowed { $0.rawValue.hasPrefix("participant.") }

  /// What the program makes of it, where events do not show everything.
  func selection(_ redaction: Redaction?) -> EventFilter {
    let types = isOfPeople ? Self.people.types : EventFilter.all.types
    return EventFilter(types: types, calls: calls.map { Set($0.compactMap(CallSID.init)) }, fields: fields)
      .redacted(by: redaction)
  }

  /// Whether an event has to arrive, as the judge reads it.
  func wants(_ event: ToldEvent) -> Bool {
    guard event.type.rawValue.hasPrefix("participant.") || event.alert != nil && event.call != nil else {
      return !isOfPeople
    }
    if isOfPeople, event.alert != nil { return false }
    if let calls, !calls.contains(event.call ?? "") {
      let isCoaching = [.participantCoachingStarted, .participantCoachingStopped].contains(event.type)
      guard isCoaching, calls.contains(event.coached ?? "") else { return false }
    }
    return fields?.contains { Self.tells(event, $0) } ?? true
  }

  private static func tells(_ event: ToldEvent, _ field: TrackedField) -> Bool {
    switch event.type {
    case .participantMuted, .participantUnmuted: field == .muted
    case .participantHeld, .participantUnheld: field == .hold
    case .participantCoachingStarted, .participantCoachingStopped: field == .coaching
    case .participantUpdated: event.changes.contains { $0.key == field.rawValue }
    case .alertRaised, .alertResolved: event.alert?.hasPrefix("\(field.rawValue):") == true
    default: false
    }
  }
}
