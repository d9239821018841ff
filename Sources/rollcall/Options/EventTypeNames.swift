import RollcallCore

/// The names of all types of event.
enum EventTypeNames {
  static let all = EventType.allCases.map(\.rawValue)
}
