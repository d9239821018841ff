/// The keys of events, in the order in which a line has them.
///
/// ``EventWriter`` writes them; a test holds its lines against this table, which documentation and schema are made from.
package enum EventKey: String, CaseIterable, Sendable {
  case id
  case type
  case timestamp
  case sequence
  case occurredAfter = "occurred_after"
  case conference = "conference_sid"
  case friendlyName = "friendly_name"
  case call = "call_sid"
  case changes
  case initial
  case callToCoach = "call_sid_to_coach"
  case lasted = "lasted_ms"
  case confirmedBy = "confirmed_by"
  case endedBy = "ended_by"
  case participant
  case participantCount = "participant_count"
  // What is told of the watch itself.
  case baseline
  case interval = "interval_ms"
  case version
  case from
  case to
  case reason
  case error
  case pollsMissed = "polls_missed"
  case conferences
  case participants
  case polls
  case failures
  case pollDelayMedian = "poll_delay_p50_ms"
  case pollDelay99thPercentile = "poll_delay_p99_ms"
  case undelivered
}

extension EventType {
  /// What every event of this type has.
  package var requiredKeys: Set<EventKey> { Self.commonKeys.union(ownKeys) }

  /// What some events of this type have besides.
  package var optionalKeys: Set<EventKey> {
    switch self {
    case .participantMuted, .participantHeld, .participantCoachingStarted: [.initial]
    case .conferencePresent, .conferenceStarted: [.friendlyName]
    case .conferenceEnded: [.friendlyName, .endedBy]
    case .participantPresent, .participantJoined, .participantLeft, .participantUnmuted, .participantUnheld,
      .participantCoachingStopped, .participantUpdated, .watchStarted, .watchInterrupted, .watchResumed,
      .watchHeartbeat, .watchStopped:
      []
    }
  }

  private static let commonKeys: Set<EventKey> = [.id, .type, .timestamp, .sequence]
  private static let participantKeys: Set<EventKey> = [
    .occurredAfter, .conference, .call, .participant, .participantCount,
  ]

  private var ownKeys: Set<EventKey> {
    switch self {
    case .participantPresent, .participantJoined: Self.participantKeys
    case .participantLeft: Self.participantKeys.union([.lasted, .confirmedBy])
    case .participantMuted, .participantHeld, .participantUpdated: Self.participantKeys.union([.changes])
    case .participantUnmuted, .participantUnheld: Self.participantKeys.union([.changes, .lasted])
    case .participantCoachingStarted: Self.participantKeys.union([.changes, .callToCoach])
    case .participantCoachingStopped: Self.participantKeys.union([.changes, .callToCoach, .lasted])
    case .conferencePresent, .conferenceStarted, .conferenceEnded: [.occurredAfter, .conference, .participantCount]
    case .watchStarted: [.conference, .baseline, .interval, .version]
    case .watchInterrupted: [.conference, .reason, .error]
    case .watchResumed: [.conference, .from, .to, .reason, .pollsMissed]
    case .watchHeartbeat:
      [
        .conferences, .participants, .polls, .failures, .pollDelayMedian, .pollDelay99thPercentile, .undelivered,
      ]
    case .watchStopped: [.reason]
    }
  }
}
