/// An event before the stream gives it its id and sequence: what ``EventWriter`` needs to write its line.
public struct Event: Equatable, Sendable {
  public var type: EventType
  public var timestamp: Timestamp
  /// The change happened after this moment; nil in a baseline.
  public var occurredAfter: Timestamp?
  public var conference: ConferenceSID?
  public var friendlyName: String?
  public var call: CallSID?
  /// The condition that raised the alert, as given, such as `hold:2m`.
  public var alert: String?
  /// The first time at which the state of the alert was seen.
  public var since: Timestamp?
  public var changes: [FieldChange] = []
  /// Whether the state belongs to a join.
  public var isInitial = false
  public var callSIDToCoach: String?
  /// How long the state lasted, in milliseconds; nil where it was there from the baseline on.
  public var lastedMilliseconds: Int64?
  public var confirmedBy: DepartureEvidence?
  /// Why the conference ended, and through whom, where the provider says so.
  public var endedBy: ConferenceEnding?
  /// The provider's record, on one line.
  public var participant: [UInt8] = []
  /// What the provider says of the participant's call, where that was asked for: the record's member `call`.
  public var callDetails: CallDetails?
  /// How many are in the room after this event.
  public var participantCount = 0
  public var watch: WatchDetail?

  init(_ type: EventType, at timestamp: Timestamp, conference: ConferenceSID?) {
    self.type = type
    self.timestamp = timestamp
    self.conference = conference
  }
}

/// What `watch.*` events carry beyond the common keys.
public enum WatchDetail: Equatable, Sendable {
  case started(baseline: Int, interval: Duration, version: String)
  case interrupted(reason: OutageReason, error: String)
  case resumed(from: Timestamp, to: Timestamp, reason: OutageReason, pollsMissed: Int)
  case heartbeat(Heartbeat)
  case stopped(reason: StopReason)

  /// The counts that a `watch.heartbeat` tells, since the run began where they are totals.
  public struct Heartbeat: Equatable, Sendable {
    public var conferences: Int
    public var participants: Int
    public var polls: Int
    public var failures: Int
    public var pollDelayMedian: Duration
    public var pollDelay99thPercentile: Duration
    public var undelivered: Int

    public init(
      conferences: Int, participants: Int, polls: Int, failures: Int, pollDelayMedian: Duration,
      pollDelay99thPercentile: Duration, undelivered: Int
    ) {
      self.conferences = conferences
      self.participants = participants
      self.polls = polls
      self.failures = failures
      self.pollDelayMedian = pollDelayMedian
      self.pollDelay99thPercentile = pollDelay99thPercentile
      self.undelivered = undelivered
    }
  }
}

extension Event {
  /// Makes a `watch.stopped`, the last event of a run.
  public static func stopped(_ reason: StopReason, at timestamp: Timestamp) -> Event {
    var draft = Event(.watchStopped, at: timestamp, conference: nil)
    draft.watch = .stopped(reason: reason)
    return draft
  }

  /// Makes a `watch.heartbeat`.
  public static func heartbeat(_ counts: WatchDetail.Heartbeat, at timestamp: Timestamp) -> Event {
    var draft = Event(.watchHeartbeat, at: timestamp, conference: nil)
    draft.watch = .heartbeat(counts)
    return draft
  }
}

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
  case alert
  case since
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
    case .alertRaised, .alertResolved: [.call, .participant]
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

  private static let alertKeys: Set<EventKey> = [.occurredAfter, .conference, .alert, .since, .participantCount]

  private var ownKeys: Set<EventKey> {
    switch self {
    case .participantPresent, .participantJoined: Self.participantKeys
    case .participantLeft: Self.participantKeys.union([.lasted, .confirmedBy])
    case .participantMuted, .participantHeld, .participantUpdated: Self.participantKeys.union([.changes])
    case .participantUnmuted, .participantUnheld: Self.participantKeys.union([.changes, .lasted])
    case .participantCoachingStarted: Self.participantKeys.union([.changes, .callToCoach])
    case .participantCoachingStopped: Self.participantKeys.union([.changes, .callToCoach, .lasted])
    case .conferencePresent, .conferenceStarted, .conferenceEnded: [.occurredAfter, .conference, .participantCount]
    case .alertRaised: Self.alertKeys
    case .alertResolved: Self.alertKeys.union([.lasted])
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

/// One tracked field that moved, or that an event is about.
public struct FieldChange: Equatable, Sendable {
  public enum Value: Equatable, Sendable {
    case flag(Bool)
    case text(String?)
  }

  /// The provider's key.
  public let field: String
  public let from: Value
  public let to: Value

  init(_ field: String, _ from: Bool, _ to: Bool) {
    self.field = field
    self.from = .flag(from)
    self.to = .flag(to)
  }

  init(_ field: String, _ from: String?, _ to: String?) {
    self.field = field
    self.from = .text(from)
    self.to = .text(to)
  }
}

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
