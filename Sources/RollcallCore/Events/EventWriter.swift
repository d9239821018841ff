/// Writes events as lines of JSON. The order of keys is fixed, so that equal input gives equal bytes.
package enum EventWriter {
  /// No line is longer, newline included: so much goes through a pipe in one piece on Linux.
  package static let maximumLine = 4096
  /// The bytes that a text outside the record may take as written; a longer one is cut.
  package static let maximumText = 128
  /// The same for the name of a conference.
  package static let maximumFriendlyName = 512
  /// The bytes that most lines have besides the record. A store in memory keeps all that is reserved.
  private static let usualEnvelope = 384

  /// Writes one event, with a newline at its end.
  package static func line(for draft: Event, id: String, sequence: UInt64) -> [UInt8] {
    var line = ObjectWriter(capacity: usualEnvelope + draft.participant.count)
    line.add("id", text: id)
    line.add("type", text: draft.type.rawValue)
    line.add("timestamp", text: draft.timestamp.rfc3339)
    line.add("sequence", number: sequence)
    switch draft.type {
    case .participantPresent, .participantJoined, .participantLeft, .participantMuted, .participantUnmuted,
      .participantHeld, .participantUnheld, .participantCoachingStarted, .participantCoachingStopped,
      .participantUpdated:
      addParticipantKeys(of: draft, to: &line)
    case .conferencePresent, .conferenceStarted, .conferenceEnded:
      line.add("occurred_after", text: draft.occurredAfter?.rfc3339)
      addConference(of: draft, to: &line)
      if let ending = draft.endedBy { line.add("ended_by", json: ending.json) }
      line.add("participant_count", number: draft.participantCount)
    case .alertRaised, .alertResolved: addAlertKeys(of: draft, to: &line)
    case .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      addConference(of: draft, to: &line)
      if let detail = draft.watch { add(detail, to: &line) }
    }
    return line.finishedLine()
  }

  private static func addConference(of draft: Event, to line: inout ObjectWriter) {
    if let conference = draft.conference { line.add("conference_sid", text: conference.text) }
    if let name = draft.friendlyName { line.add("friendly_name", cut: name, to: maximumFriendlyName) }
  }

  private static func addParticipantKeys(of draft: Event, to line: inout ObjectWriter) {
    line.add("occurred_after", text: draft.occurredAfter?.rfc3339)
    if let conference = draft.conference { line.add("conference_sid", text: conference.text) }
    if let call = draft.call { line.add("call_sid", text: call.text) }
    if !draft.changes.isEmpty { line.add("changes", draft.changes) }
    if draft.isInitial { line.add("initial", flag: true) }
    if draft.type.isCoaching { line.add("call_sid_to_coach", cut: draft.callSIDToCoach, to: maximumText) }
    if draft.type.endsState { line.add("lasted_ms", number: draft.lastedMilliseconds) }
    if let evidence = draft.confirmedBy { line.add("confirmed_by", text: evidence.rawValue) }
    line.add("participant", json: record(of: draft))
    line.add("participant_count", number: draft.participantCount)
  }

  private static func addAlertKeys(of draft: Event, to line: inout ObjectWriter) {
    line.add("occurred_after", text: draft.occurredAfter?.rfc3339)
    if let conference = draft.conference { line.add("conference_sid", text: conference.text) }
    if let call = draft.call { line.add("call_sid", text: call.text) }
    if let alert = draft.alert { line.add("alert", cut: alert, to: maximumText) }
    if let since = draft.since { line.add("since", text: since.rfc3339) }
    if draft.type.endsState { line.add("lasted_ms", number: draft.lastedMilliseconds) }
    if draft.call != nil { line.add("participant", json: record(of: draft)) }
    line.add("participant_count", number: draft.participantCount)
  }

  private static func record(of draft: Event) -> [UInt8] {
    guard let details = draft.callDetails else { return draft.participant }
    return JSONText.object(draft.participant, adding: "call", details.json)
  }

  private static func add(_ detail: WatchDetail, to line: inout ObjectWriter) {
    switch detail {
    case .started(let baseline, let interval, let version):
      line.add("baseline", number: baseline)
      line.add("interval_ms", number: interval.wholeMilliseconds)
      line.add("version", text: version)
    case .interrupted(let reason, let error):
      line.add("reason", text: reason.rawValue)
      line.add("error", cut: error, to: maximumText)
    case .resumed(let from, let to, let reason, let missed):
      line.add("from", text: from.rfc3339)
      line.add("to", text: to.rfc3339)
      line.add("reason", text: reason.rawValue)
      line.add("polls_missed", number: missed)
    case .heartbeat(let counts):
      line.add("conferences", number: counts.conferences)
      line.add("participants", number: counts.participants)
      line.add("polls", number: counts.polls)
      line.add("failures", number: counts.failures)
      line.add("poll_delay_p50_ms", number: counts.pollDelayMedian.wholeMilliseconds)
      line.add("poll_delay_p99_ms", number: counts.pollDelay99thPercentile.wholeMilliseconds)
      line.add("undelivered", number: counts.undelivered)
    case .stopped(let reason):
      line.add("reason", text: reason.rawValue)
    }
  }
}

extension EventType {
  /// Whether the event says who is coached.
  var isCoaching: Bool { self == .participantCoachingStarted || self == .participantCoachingStopped }

  /// Whether the event says how long something lasted.
  var endsState: Bool {
    switch self {
    case .participantLeft, .participantUnmuted, .participantUnheld, .participantCoachingStopped,
      .alertResolved:
      true
    case .participantPresent, .participantJoined, .participantMuted, .participantHeld, .participantCoachingStarted,
      .participantUpdated, .conferencePresent, .conferenceStarted, .conferenceEnded, .alertRaised, .watchStarted,
      .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      false
    }
  }
}
