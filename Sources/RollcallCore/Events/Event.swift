/// An event before the stream gives it its id and sequence: what ``EventWriter`` needs to write its line.
package struct Event: Equatable, Sendable {
  package var type: EventType
  package var timestamp: Timestamp
  /// The change happened after this time; nil in a baseline.
  package var occurredAfter: Timestamp?
  package var conference: ConferenceSID?
  package var friendlyName: String?
  package var call: CallSID?
  /// The condition of the alert, as given, such as `hold:2m`.
  package var alert: String?
  /// The first time at which the state of the alert was seen.
  package var since: Timestamp?
  package var changes: [FieldChange] = []
  /// Whether the participant joined in this state.
  package var isInitial = false
  package var callSIDToCoach: String?
  /// How long the state lasted, in milliseconds; nil if it was part of a baseline.
  package var lastedMilliseconds: Int64?
  package var confirmedBy: DepartureEvidence?
  /// Why the conference ended, and through which call, if the provider says so.
  package var endedBy: ConferenceEnding?
  /// The provider's record, on one line.
  package var participant: [UInt8] = []
  /// The details of the participant's call if they were looked up: the record's member `call`.
  package var callDetails: CallDetails?
  /// How many participants are in the room after this event.
  package var participantCount = 0
  package var watch: WatchDetail?

  init(_ type: EventType, at timestamp: Timestamp, conference: ConferenceSID?) {
    self.type = type
    self.timestamp = timestamp
    self.conference = conference
  }
}

/// The data of `watch.*` events beyond the common keys.
package enum WatchDetail: Equatable, Sendable {
  case started(baseline: Int, interval: Duration, version: String)
  case interrupted(reason: OutageReason, error: String)
  case resumed(from: Timestamp, to: Timestamp, reason: OutageReason, pollsMissed: Int)
  case heartbeat(Heartbeat)
  case stopped(reason: StopReason)

  package typealias Heartbeat = ConferenceEvent.Heartbeat
}

extension Event {
  /// Returns a `watch.stopped`, the last event of a run.
  package static func stopped(_ reason: StopReason, at timestamp: Timestamp) -> Event {
    var event = Event(.watchStopped, at: timestamp, conference: nil)
    event.watch = .stopped(reason: reason)
    return event
  }

  /// Returns a `watch.heartbeat`.
  package static func heartbeat(_ counts: WatchDetail.Heartbeat, at timestamp: Timestamp) -> Event {
    var event = Event(.watchHeartbeat, at: timestamp, conference: nil)
    event.watch = .heartbeat(counts)
    return event
  }
}

/// The keys of events, in the order in which a line has them.
///
/// ``EventWriter`` writes them. A test compares its lines with this table, and the schema is made from the table.
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
  // Keys of `watch.*`.
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
  /// The keys that every event of this type has.
  package var requiredKeys: Set<EventKey> { Self.commonKeys.union(ownKeys) }

  /// The keys that only some events of this type have.
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

/// A tracked field that changed, or that an event is about.
public struct FieldChange: Equatable, Sendable {
  /// The value of a field before or after a change.
  @nonexhaustive
  public enum Value: Equatable, Sendable {
    /// A Boolean field.
    case flag(Bool)
    /// A text field; nil for null.
    case text(String?)
  }

  /// The provider's key, such as `status`.
  public let field: String
  /// The value before the change.
  public let from: Value
  /// The value after the change.
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

  /// Reads a change from an event; nil unless the values are two flags or two texts.
  init?(_ field: String, _ change: JSONValue) {
    if let from = change["from"]?.asBool, let to = change["to"]?.asBool {
      self.init(field, from, to)
    } else if let from = Self.text(change["from"]), let to = Self.text(change["to"]) {
      self.init(field, from, to)
    } else {
      return nil
    }
  }

  /// Returns a text or a null; nil for any other value.
  private static func text(_ value: JSONValue?) -> String?? {
    switch value {
    case .string(let text): .some(text)
    case .null: .some(nil)
    case .bool, .number, .array, .object, nil: nil
    }
  }
}

/// A tracked field of a participant, by the provider's key.
package enum TrackedField: String, CaseIterable, Sendable {
  case muted
  case hold
  /// Includes the coached call: both change together.
  case coaching
  case status
  case startConferenceOnEnter = "start_conference_on_enter"
  case endConferenceOnExit = "end_conference_on_exit"
  case label

  /// The types of events that report a change of this field. `participant.updated` also reports other fields.
  package var types: Set<EventType> {
    switch self {
    case .muted: [.participantMuted, .participantUnmuted]
    case .hold: [.participantHeld, .participantUnheld]
    case .coaching: [.participantCoachingStarted, .participantCoachingStopped]
    case .status, .startConferenceOnEnter, .endConferenceOnExit, .label: [.participantUpdated]
    }
  }
}
