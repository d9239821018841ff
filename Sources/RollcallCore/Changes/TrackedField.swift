/// What is tracked about one participant, by the provider's key.
package enum TrackedField: String, CaseIterable, Sendable {
  case muted
  case hold
  /// Who is coached is a part of it: both move together.
  case coaching
  case status
  case startConferenceOnEnter = "start_conference_on_enter"
  case endConferenceOnExit = "end_conference_on_exit"
  case label

  /// The types of event that tell of a change of it. All of them but `participant.updated` tell of nothing else.
  package var types: Set<EventType> {
    switch self {
    case .muted: [.participantMuted, .participantUnmuted]
    case .hold: [.participantHeld, .participantUnheld]
    case .coaching: [.participantCoachingStarted, .participantCoachingStopped]
    case .status, .startConferenceOnEnter, .endConferenceOnExit, .label: [.participantUpdated]
    }
  }
}
