/// An event before the stream gives it its id and sequence: what ``EventWriter`` needs to write its line.
public struct EventDraft: Equatable, Sendable {
  public var type: EventType
  public var timestamp: Timestamp
  /// The change happened after this moment; nil in a baseline.
  public var occurredAfter: Timestamp?
  public var conference: ConferenceSID?
  public var friendlyName: String?
  public var call: CallSID?
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

extension EventDraft {
  /// Makes a `watch.stopped`, the last event of a run.
  public static func stopped(_ reason: StopReason, at timestamp: Timestamp) -> EventDraft {
    var draft = EventDraft(.watchStopped, at: timestamp, conference: nil)
    draft.watch = .stopped(reason: reason)
    return draft
  }

  /// Makes a `watch.heartbeat`.
  public static func heartbeat(_ counts: WatchDetail.Heartbeat, at timestamp: Timestamp) -> EventDraft {
    var draft = EventDraft(.watchHeartbeat, at: timestamp, conference: nil)
    draft.watch = .heartbeat(counts)
    return draft
  }
}
