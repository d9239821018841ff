/// Something that happened in a conference, or to the watch of it.
///
/// A `Watch` yields events, and ``init(line:)`` reads those that `rollcall watch` wrote or posted.
public struct ConferenceEvent: Equatable, Sendable, Identifiable {
  /// `evt_`, 16 hexadecimal digits of the run, `_` and at least 12 digits of the sequence; unique and sortable.
  ///
  /// An event that is delivered again has the same id and the same ``line``.
  public let id: String
  /// The number of the event in its stream: from 1, without gaps, across restarts if there is a state file.
  public let sequence: UInt64
  /// When the change became known, the same for all events of a poll. Within a conference it never goes back.
  public let timestamp: Timestamp
  /// The change happened after this time and no later than ``timestamp``; nil in a baseline and for `watch.*`.
  public let occurredAfter: Timestamp?
  /// The conference; nil for `watch.heartbeat` and `watch.stopped`, which are about all conferences.
  public let conferenceSID: ConferenceSID?
  /// The name of the conference, at most 512 bytes; only `conference.*` events may have one.
  public let friendlyName: String?
  /// The call of the participant; nil for events about no participant.
  public let callSID: CallSID?
  /// How many participants are in the room after this event; nil for `watch.*`.
  public let participantCount: Int?
  /// The caller and the called party of the participant's call; nil unless the watch looks up calls.
  public let callDetails: CallDetails?
  /// The type as written, such as `participant.joined`.
  public let type: String
  /// What happened.
  public let kind: Kind
  /// The event as written: a line of JSON with its newline, at most 4096 bytes.
  public let line: [UInt8]

  /// The participant after the change; nil for events about no participant, and for unknown types.
  public var participant: Participant? { kind.participant }
}

extension ConferenceEvent {
  /// What happened, with the data of that type.
  ///
  /// Any later version may add cases.
  @nonexhaustive
  public enum Kind: Equatable, Sendable {
    /// The participant was in the room when watching began: a baseline, with the state in the participant.
    case participantPresent(Participant)
    /// The participant joined. If they join muted, on hold or coaching, events with `isInitial` follow.
    case participantJoined(Participant)
    /// The participant left.
    case participantLeft(Departure)
    /// The participant was muted.
    case participantMuted(StateChange)
    /// The participant was unmuted.
    case participantUnmuted(StateChange)
    /// The participant was put on hold.
    case participantHeld(StateChange)
    /// The participant was taken off hold.
    case participantUnheld(StateChange)
    /// The participant started to coach a call.
    case participantCoachingStarted(Coaching)
    /// The participant stopped coaching a call.
    case participantCoachingStopped(Coaching)
    /// Another tracked field of the participant changed.
    case participantUpdated(Update)
    /// The conference was there when watching began, in progress or waiting to start: a baseline.
    case conferencePresent
    /// The conference began while the watch was looking for it.
    case conferenceStarted
    /// The conference ended, and why, if the provider says so.
    case conferenceEnded(ConferenceEnding?)
    /// A condition of the watch has been true for its duration.
    case alertRaised(AlertSpell)
    /// The condition of a raised alert is no longer true, or is no longer watched.
    case alertResolved(AlertSpell)
    /// The baseline of the conference is complete; later events are live.
    case watchStarted(Start)
    /// No scan was complete for a while: until ``watchResumed(_:)`` nothing is known about the conference.
    case watchInterrupted(Interruption)
    /// Scans are complete again; the changes found after the outage follow.
    case watchResumed(Resumption)
    /// A sign of life with counts, if the watch sends heartbeats.
    case watchHeartbeat(Heartbeat)
    /// The run ended; this is its last event.
    case watchStopped(StopReason)
    /// An event whose type, or a value in it, belongs to a later version; ``ConferenceEvent/line`` has the whole event.
    case unknown(type: String)
  }

  /// A participant's departure.
  public struct Departure: Equatable, Sendable {
    /// The participant as last seen.
    public let participant: Participant
    /// How long the participant was in the room, to the millisecond; nil if they were there before watching began.
    public let lasted: Duration?
    /// The evidence that the participant left.
    public let evidence: DepartureEvidence
  }

  /// A participant was muted, unmuted, put on hold or taken off hold.
  public struct StateChange: Equatable, Sendable {
    /// The participant after the change.
    public let participant: Participant
    /// Whether the participant joined with this state.
    public let isInitial: Bool
    /// How long the state that ended lasted, to the millisecond; nil if a state began, or its beginning was not seen.
    public let lasted: Duration?
  }

  /// A participant started or stopped coaching.
  public struct Coaching: Equatable, Sendable {
    /// The participant after the change.
    public let participant: Participant
    /// The call that is or was coached; nil if the provider names none.
    public let coachedCall: String?
    /// Whether the participant joined as a coach.
    public let isInitial: Bool
    /// How long the coaching that ended lasted, to the millisecond; nil if it began, or its beginning was not seen.
    public let lasted: Duration?
  }

  /// Other tracked fields of a participant changed.
  public struct Update: Equatable, Sendable {
    /// The participant after the change.
    public let participant: Participant
    /// What changed; at least one field.
    public let changes: [FieldChange]
  }

  /// An unbroken time during which the condition of an alert was true.
  public struct AlertSpell: Equatable, Sendable {
    /// The condition as given, such as `hold:2m`.
    public let condition: String
    /// When the condition was first seen to be true.
    public let since: Timestamp
    /// The participant that the condition is about; nil if it is about the conference.
    public let participant: Participant?
    /// How long the condition was true, to the millisecond; nil while it still is.
    public let lasted: Duration?
  }

  /// The first complete scan of a conference.
  public struct Start: Equatable, Sendable {
    /// How many participants were present.
    public let baseline: Int
    /// The requested time between two polls.
    public let interval: Duration
    /// The version of rollcall.
    public let version: String
  }

  /// The beginning of an outage.
  public struct Interruption: Equatable, Sendable {
    /// Why no scan was complete.
    public let reason: OutageReason
    /// One line for people, at most 128 bytes, without secrets.
    public let error: String
  }

  /// The end of an outage.
  public struct Resumption: Equatable, Sendable {
    /// When the last complete scan before the outage began.
    public let from: Timestamp
    /// When the first complete scan after the outage had been received.
    public let to: Timestamp
    /// Why no scan was complete.
    public let reason: OutageReason
    /// How many polls were missed.
    public let pollsMissed: Int
  }

  /// A sign of life, with counts.
  public struct Heartbeat: Equatable, Sendable {
    /// How many conferences are watched now.
    public var conferences: Int
    /// How many participants are in them now.
    public var participants: Int
    /// Polls since the previous heartbeat.
    public var polls: Int
    /// Polls and discovery requests that failed since the previous heartbeat.
    public var failures: Int
    /// The median delay from the time a poll was due until it was sent, to the millisecond.
    public var pollDelayMedian: Duration
    /// The 99th percentile of that delay, to the millisecond.
    public var pollDelay99thPercentile: Duration
    /// Undelivered events, counted once for each webhook and for each output they wait for.
    public var undelivered: Int

    package init(
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

extension ConferenceEvent.Kind {
  /// The participant after the change; nil for events about no participant, and for unknown types.
  public var participant: Participant? {
    switch self {
    case .participantPresent(let participant), .participantJoined(let participant): participant
    case .participantLeft(let departure): departure.participant
    case .participantMuted(let change), .participantUnmuted(let change), .participantHeld(let change),
      .participantUnheld(let change):
      change.participant
    case .participantCoachingStarted(let coaching), .participantCoachingStopped(let coaching): coaching.participant
    case .participantUpdated(let update): update.participant
    case .alertRaised(let spell), .alertResolved(let spell): spell.participant
    case .conferencePresent, .conferenceStarted, .conferenceEnded, .watchStarted, .watchInterrupted, .watchResumed,
      .watchHeartbeat, .watchStopped, .unknown:
      nil
    }
  }
}

// MARK: Reading

extension ConferenceEvent {
  /// Why bytes cannot be read as an event.
  public struct Unreadable: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, such as `is not a rollcall event: missing or invalid id`.
    public let description: String
  }

  /// Reads an event from a line of `rollcall watch`, with or without its newline, or from a webhook body in the formats
  /// `rollcall` and `cloudevents`.
  ///
  /// An event of a type that this version does not know is ``Kind/unknown(type:)``.
  ///
  /// - Throws: ``Unreadable`` if the bytes are not JSON, or not an event of rollcall.
  public init(line: [UInt8]) throws(Unreadable) {
    let event: HistoryEvent
    do throws(HistoryFault) {
      event = try HistoryEvent(line: line)
    } catch {
      throw Unreadable(description: error.text)
    }
    var object: [UInt8] = []
    JSONText.appendCompacted(line[...], to: &object)
    if JSONText.value(of: CloudEvent.mark, in: object) != nil, let data = JSONText.value(of: "data", in: object) {
      object = data
    }
    let reader = EventReader(event, record: JSONText.value(of: "participant", in: object) ?? [])
    id = event.json["id"]?.asText ?? ""
    sequence = event.sequence
    timestamp = event.timestamp
    occurredAfter = event.occurredAfter
    conferenceSID = event.conference
    friendlyName = event.json["friendly_name"]?.asText
    callSID = event.call
    participantCount = event.count
    callDetails = reader.callDetails
    type = event.json["type"]?.asText ?? ""
    kind = reader.kind ?? .unknown(type: type)
    self.line = object + [UInt8(ascii: "\n")]
  }
}

/// Reads the data of each event type.
private struct EventReader {
  private let event: HistoryEvent
  private let participant: Participant?

  /// - Parameter record: the participant's record, as written.
  init(_ event: HistoryEvent, record: [UInt8]) {
    self.event = event
    participant = event.call.flatMap { call in
      guard let said = event.json["participant"], said.asObject != nil else { return nil }
      func date(_ key: String) -> Int64? { said[key]?.asText.flatMap { RFC2822Date.seconds(Array($0.utf8)[...]) } }
      return Participant(
        ParticipantRow(
          callSID: call, state: ParticipantState(record: said), dateCreated: date("date_created"),
          dateUpdated: date("date_updated"), record: record))
    }
  }

  /// The kind of event; nil if the type, or a value it needs, is unknown.
  var kind: ConferenceEvent.Kind? {
    switch event.type {
    case .participantPresent: participant.map { .participantPresent($0) }
    case .participantJoined: participant.map { .participantJoined($0) }
    case .participantLeft: departure.map { .participantLeft($0) }
    case .participantMuted: change.map { .participantMuted($0) }
    case .participantUnmuted: change.map { .participantUnmuted($0) }
    case .participantHeld: change.map { .participantHeld($0) }
    case .participantUnheld: change.map { .participantUnheld($0) }
    case .participantCoachingStarted: coaching.map { .participantCoachingStarted($0) }
    case .participantCoachingStopped: coaching.map { .participantCoachingStopped($0) }
    case .participantUpdated: update.map { .participantUpdated($0) }
    case .conferencePresent: .conferencePresent
    case .conferenceStarted: .conferenceStarted
    case .conferenceEnded: .conferenceEnded(ending)
    case .alertRaised: spell.map { .alertRaised($0) }
    case .alertResolved: spell.map { .alertResolved($0) }
    case .watchStarted: start.map { .watchStarted($0) }
    case .watchInterrupted: interruption.map { .watchInterrupted($0) }
    case .watchResumed: resumption.map { .watchResumed($0) }
    case .watchHeartbeat: heartbeat.map { .watchHeartbeat($0) }
    case .watchStopped: word("reason").map { .watchStopped($0) }
    case nil: nil
    }
  }

  var callDetails: CallDetails? {
    guard let call = event.json["participant"]?["call"], call.asObject != nil else { return nil }
    return CallDetails(call)
  }

  private var departure: ConferenceEvent.Departure? {
    guard let participant, let evidence: DepartureEvidence = word("confirmed_by") else { return nil }
    return .init(participant: participant, lasted: lasted, evidence: evidence)
  }

  private var change: ConferenceEvent.StateChange? {
    participant.map { .init(participant: $0, isInitial: isInitial, lasted: lasted) }
  }

  private var coaching: ConferenceEvent.Coaching? {
    participant.map {
      .init(participant: $0, coachedCall: text("call_sid_to_coach"), isInitial: isInitial, lasted: lasted)
    }
  }

  private var update: ConferenceEvent.Update? {
    guard let participant, let changes = event.json["changes"]?.asObject else { return nil }
    return .init(participant: participant, changes: changes.compactMap { FieldChange($0.key, $0.value) })
  }

  private var ending: ConferenceEnding? {
    guard let ending = event.json["ended_by"] else { return nil }
    return ConferenceEnding(reason: ending["reason"]?.asText, call: ending["call_sid"]?.asText)
  }

  private var spell: ConferenceEvent.AlertSpell? {
    guard let condition = text("alert"), let since = event.moment("since") else { return nil }
    return .init(condition: condition, since: since, participant: participant, lasted: lasted)
  }

  private var start: ConferenceEvent.Start? {
    guard let baseline = count("baseline"), let interval = duration("interval_ms"), let version = text("version") else {
      return nil
    }
    return .init(baseline: baseline, interval: interval, version: version)
  }

  private var interruption: ConferenceEvent.Interruption? {
    guard let reason: OutageReason = word("reason") else { return nil }
    return .init(reason: reason, error: text("error") ?? "")
  }

  private var resumption: ConferenceEvent.Resumption? {
    guard let reason: OutageReason = word("reason"), let from = event.moment("from"), let to = event.moment("to"),
      let missed = count("polls_missed")
    else { return nil }
    return .init(from: from, to: to, reason: reason, pollsMissed: missed)
  }

  private var heartbeat: ConferenceEvent.Heartbeat? {
    guard let conferences = count("conferences"), let participants = count("participants"), let polls = count("polls"),
      let failures = count("failures"), let median = duration("poll_delay_p50_ms"),
      let percentile = duration("poll_delay_p99_ms"), let undelivered = count("undelivered")
    else { return nil }
    return .init(
      conferences: conferences, participants: participants, polls: polls, failures: failures, pollDelayMedian: median,
      pollDelay99thPercentile: percentile, undelivered: undelivered)
  }

  // MARK: Values

  private var isInitial: Bool { event.json["initial"]?.asBool ?? false }
  private var lasted: Duration? { duration("lasted_ms") }

  private func text(_ key: String) -> String? { event.json[key]?.asText }

  private func count(_ key: String) -> Int? { event.json[key]?.asInteger.map { Int(clamping: $0) } }

  private func duration(_ key: String) -> Duration? { event.json[key]?.asInteger.map { .milliseconds($0) } }

  private func word<Word: RawRepresentable<String>>(_ key: String) -> Word? {
    text(key).flatMap(Word.init(rawValue:))
  }
}
