import RollcallCore

/// The filter of a target, with an implementation independent of the code under test.
struct TargetFilter: Sendable {
  /// Whether the target wants only participant events.
  var participantsOnly = false
  /// Limits participant events to these calls and their coaches; nil for all.
  var calls: Set<String>?
  /// Limits participant events to changes of these fields; nil for all.
  var fields: Set<TrackedField>?

  private static let people = EventFilter.all.narrowed { $0.rawValue.hasPrefix("participant.") }

  /// Returns the program's own filter, for redacted events.
  func eventFilter(_ redaction: Redaction?) -> EventFilter {
    let types = participantsOnly ? Self.people.types : EventFilter.all.types
    return EventFilter(types: types, calls: calls.map { Set($0.compactMap(CallSID.init)) }, fields: fields)
      .redacted(by: redaction)
  }

  /// Returns whether an event must be delivered.
  func wants(_ event: ConsumedEvent) -> Bool {
    guard event.type.rawValue.hasPrefix("participant.") || event.alert != nil && event.call != nil else {
      return !participantsOnly
    }
    if participantsOnly, event.alert != nil { return false }
    if let calls, !calls.contains(event.call ?? "") {
      let isCoaching = [.participantCoachingStarted, .participantCoachingStopped].contains(event.type)
      guard isCoaching, calls.contains(event.coached ?? "") else { return false }
    }
    return fields?.contains { Self.concerns(event, $0) } ?? true
  }

  private static func concerns(_ event: ConsumedEvent, _ field: TrackedField) -> Bool {
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
