extension ParticipantState {
  /// What a record says.
  init(record: JSONValue) {
    self.init(
      isMuted: record["muted"]?.asBool == true, isOnHold: record["hold"]?.asBool == true,
      isCoaching: record["coaching"]?.asBool == true,
      callSIDToCoach: (record["call_sid_to_coach"] ?? record["coaching_call_sid"])?.asText,
      status: record["status"]?.asText,
      startsConferenceOnEnter: record["start_conference_on_enter"]?.asBool == true,
      endsConferenceOnExit: record["end_conference_on_exit"]?.asBool == true, label: record["label"]?.asText)
  }

  /// The same person as they enter: what they do comes as events of its own.
  var entering: ParticipantState {
    var state = coaching(nil)
    (state.isMuted, state.isOnHold) = (false, false)
    return state
  }

  func after(_ type: EventType, _ line: JSONValue) -> ParticipantState {
    var state = self
    switch type {
    case .participantMuted: state.isMuted = true
    case .participantUnmuted: state.isMuted = false
    case .participantHeld: state.isOnHold = true
    case .participantUnheld: state.isOnHold = false
    case .participantCoachingStarted: return coaching(.some(line["call_sid_to_coach"]?.asText))
    case .participantCoachingStopped: return coaching(nil)
    case .participantUpdated: return updated(line["changes"] ?? .null)
    case .participantPresent, .participantJoined, .participantLeft, .conferencePresent, .conferenceStarted,
      .conferenceEnded, .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      break
    }
    return state
  }

  /// - Parameter target: nil for not coaching; somebody who coaches may do so without a name.
  private func coaching(_ target: String??) -> ParticipantState {
    ParticipantState(
      isMuted: isMuted, isOnHold: isOnHold, isCoaching: target != nil, callSIDToCoach: target ?? nil, status: status,
      startsConferenceOnEnter: startsConferenceOnEnter, endsConferenceOnExit: endsConferenceOnExit, label: label)
  }

  private func updated(_ changes: JSONValue) -> ParticipantState {
    func text(_ key: String, _ old: String?) -> String? { changes[key].map { $0["to"]?.asText } ?? old }
    func flag(_ key: String, _ old: Bool) -> Bool { changes[key].map { $0["to"]?.asBool == true } ?? old }
    return ParticipantState(
      isMuted: isMuted, isOnHold: isOnHold, isCoaching: isCoaching, callSIDToCoach: callSIDToCoach,
      status: text("status", status),
      startsConferenceOnEnter: flag("start_conference_on_enter", startsConferenceOnEnter),
      endsConferenceOnExit: flag("end_conference_on_exit", endsConferenceOnExit), label: text("label", label))
  }
}
