/// Writes events as lines of JSON. The order of keys is fixed, so that equal input gives equal bytes.
package enum EventWriter {
  /// The maximum length of a line in bytes, newline included: a pipe takes this much in one piece on Linux.
  package static let maximumLine = 4096
  /// The maximum length in bytes of any other text outside the record, as written; a longer one is cut.
  package static let maximumText = 128
  /// The maximum length in bytes of a conference's name, as written.
  package static let maximumFriendlyName = 512

  /// Returns the line of one event, newline included.
  package static func line(for event: Event, id: String, sequence: UInt64) -> [UInt8] {
    var line = ObjectWriter(capacity: 512 + event.participant.count)
    line.add("id", text: id)
    line.add("type", text: event.type.rawValue)
    line.add("timestamp", text: event.timestamp.rfc3339)
    line.add("sequence", number: sequence)
    switch event.type {
    case .participantPresent, .participantJoined, .participantLeft, .participantMuted, .participantUnmuted,
      .participantHeld, .participantUnheld, .participantCoachingStarted, .participantCoachingStopped,
      .participantUpdated:
      addParticipantKeys(of: event, to: &line)
    case .conferencePresent, .conferenceStarted, .conferenceEnded:
      line.add("occurred_after", text: event.occurredAfter?.rfc3339)
      addConference(of: event, to: &line)
      if let ending = event.endedBy { line.add("ended_by", json: ending.json) }
      line.add("participant_count", number: event.participantCount)
    case .alertRaised, .alertResolved: addAlertKeys(of: event, to: &line)
    case .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      addConference(of: event, to: &line)
      if let detail = event.watch { add(detail, to: &line) }
    }
    return line.finishedLine()
  }

  private static func addConference(of event: Event, to line: inout ObjectWriter) {
    if let conference = event.conference { line.add("conference_sid", text: conference.text) }
    if let name = event.friendlyName { line.add("friendly_name", cut: name, to: maximumFriendlyName) }
  }

  private static func addParticipantKeys(of event: Event, to line: inout ObjectWriter) {
    line.add("occurred_after", text: event.occurredAfter?.rfc3339)
    if let conference = event.conference { line.add("conference_sid", text: conference.text) }
    if let call = event.call { line.add("call_sid", text: call.text) }
    if !event.changes.isEmpty { line.add("changes", event.changes) }
    if event.isInitial { line.add("initial", flag: true) }
    if event.type.isCoaching { line.add("call_sid_to_coach", cut: event.callSIDToCoach, to: maximumText) }
    if event.type.endsState { line.add("lasted_ms", number: event.lastedMilliseconds) }
    if let evidence = event.confirmedBy { line.add("confirmed_by", text: evidence.rawValue) }
    line.add("participant", json: record(of: event))
    line.add("participant_count", number: event.participantCount)
  }

  private static func addAlertKeys(of event: Event, to line: inout ObjectWriter) {
    line.add("occurred_after", text: event.occurredAfter?.rfc3339)
    if let conference = event.conference { line.add("conference_sid", text: conference.text) }
    if let call = event.call { line.add("call_sid", text: call.text) }
    if let alert = event.alert { line.add("alert", cut: alert, to: maximumText) }
    if let since = event.since { line.add("since", text: since.rfc3339) }
    if event.type.endsState { line.add("lasted_ms", number: event.lastedMilliseconds) }
    if event.call != nil { line.add("participant", json: record(of: event)) }
    line.add("participant_count", number: event.participantCount)
  }

  private static func record(of event: Event) -> [UInt8] {
    guard let details = event.callDetails else { return event.participant }
    return JSONText.object(event.participant, adding: "call", details.json)
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
  /// Whether the event names the coached call.
  var isCoaching: Bool { self == .participantCoachingStarted || self == .participantCoachingStopped }

  /// Whether the event says how long a state lasted.
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
