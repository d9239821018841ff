import RollcallCore

/// A consumer that folds the events of one conference by their types alone.
struct Consumer {
  struct Person {
    var state: ParticipantState
    /// When each current state began; nil if it was part of the baseline.
    var joined: Timestamp?
    var muted: Timestamp?
    var held: Timestamp?
    var coaching: Timestamp?
  }

  private(set) var people: [String: Person] = [:]
  /// The raised alerts, and when their states were first seen.
  private(set) var alerts: [Alert: Timestamp] = [:]
  private(set) var isInterrupted = false
  private(set) var hasStarted = false
  private(set) var isOver = false
  private(set) var last: Timestamp?

  /// Folds one event.
  ///
  /// - Returns: the fault; nil if there is none.
  mutating func fold(_ event: ConsumedEvent) -> String? {
    if isOver { return "\(event.type) after the end of the conference" }
    if let last, event.timestamp < last { return "the timestamp is earlier than the previous one" }
    last = event.timestamp
    let call = event.call ?? ""
    var flaw: String?
    switch event.type {
    case .participantPresent:
      if hasStarted { flaw = "a baseline event after watch.started" }
      flaw = flaw ?? enter(call, Person(state: event.state))
    case .participantJoined:
      var state = event.state.with(coaching: false, target: nil)
      (state.isMuted, state.isOnHold) = (false, false)
      flaw = enter(call, Person(state: state, joined: event.timestamp))
    case .participantLeft:
      let person = people.removeValue(forKey: call)
      flaw = person.map { check(event, since: $0.joined) } ?? "the participant left but was not in the room"
    case .participantMuted, .participantUnmuted, .participantHeld, .participantUnheld, .participantCoachingStarted,
      .participantCoachingStopped, .participantUpdated:
      guard var person = people[call] else { return "\(event.type) for a participant who is not in the room" }
      flaw = change(&person, event)
      people[call] = person
    case .alertRaised, .alertResolved: flaw = foldAlert(event)
    case .conferenceEnded:
      isOver = true
      if !alerts.isEmpty { flaw = "the conference ended while alerts were raised" }
      if !people.isEmpty { flaw = "the conference ended while participants were in the room" }
    case .watchStarted:
      if hasStarted { flaw = "watch.started was emitted twice" }
      hasStarted = true
    case .watchInterrupted:
      if isInterrupted { flaw = "watch.interrupted was emitted twice without watch.resumed" }
      isInterrupted = true
    case .watchResumed: isInterrupted = false
    case .conferencePresent, .conferenceStarted, .watchHeartbeat, .watchStopped: break
    }
    if let count = event.count, Int(count) != people.count {
      flaw = flaw ?? "participant_count is \(count), expected \(people.count)"
    }
    return flaw
  }

  private mutating func foldAlert(_ event: ConsumedEvent) -> String? {
    guard let name = event.alert, let since = event.since else { return "an alert event has no name or no start" }
    let alert = Alert(name, of: event.call.flatMap(CallSID.init))
    if event.type == .alertRaised {
      return alerts.updateValue(since, forKey: alert) == nil ? nil : "\(name) was raised twice"
    }
    if alerts.removeValue(forKey: alert) != since { return "\(name) was resolved but not raised" }
    return check(event, since: since)
  }

  private mutating func enter(_ call: String, _ person: Person) -> String? {
    people.updateValue(person, forKey: call) == nil ? nil : "the participant entered the room twice"
  }

  private func check(_ event: ConsumedEvent, since start: Timestamp?) -> String? {
    let expected = start.map { event.timestamp.milliseconds - $0.milliseconds }
    return expected == event.lasted
      ? nil : "lasted_ms is \(event.lasted.map { "\($0)" } ?? "null"), expected \(expected.map { "\($0)" } ?? "null")"
  }

  private func change(_ person: inout Person, _ event: ConsumedEvent) -> String? {
    let state = person.state
    switch event.type {
    case .participantMuted, .participantUnmuted:
      let isOn = event.type == .participantMuted
      guard state.isMuted != isOn else { return "\(event.type) was emitted twice" }
      person.state.isMuted = isOn
      defer { person.muted = isOn ? event.timestamp : nil }
      return isOn ? nil : check(event, since: person.muted)
    case .participantHeld, .participantUnheld:
      let isOn = event.type == .participantHeld
      guard state.isOnHold != isOn else { return "\(event.type) was emitted twice" }
      person.state.isOnHold = isOn
      defer { person.held = isOn ? event.timestamp : nil }
      return isOn ? nil : check(event, since: person.held)
    case .participantCoachingStarted:
      guard !state.isCoaching else { return "the participant started coaching twice" }
      person.state = state.with(coaching: true, target: event.coached)
      person.coaching = event.timestamp
    case .participantCoachingStopped:
      guard state.isCoaching, state.callSIDToCoach == event.coached else {
        return "the participant stopped coaching a call that they did not coach"
      }
      person.state = state.with(coaching: false, target: nil)
      defer { person.coaching = nil }
      return check(event, since: person.coaching)
    case .participantUpdated: person.state = state.updated(event.changes)
    case .participantPresent, .participantJoined, .participantLeft, .conferencePresent, .conferenceStarted,
      .conferenceEnded, .alertRaised, .alertResolved, .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat,
      .watchStopped:
      break
    }
    return nil
  }
}

extension ParticipantState {
  func with(coaching: Bool, target: String?) -> ParticipantState {
    ParticipantState(
      isMuted: isMuted, isOnHold: isOnHold, isCoaching: coaching, callSIDToCoach: target, status: status,
      startsConferenceOnEnter: startsConferenceOnEnter, endsConferenceOnExit: endsConferenceOnExit, label: label)
  }

  fileprivate func updated(_ changes: [(key: String, value: JSONValue)]) -> ParticipantState {
    var (status, label, starts, ends) = (status, label, startsConferenceOnEnter, endsConferenceOnExit)
    for (key, value) in changes {
      switch key {
      case "status": status = value["to"]?.asText
      case "label": label = value["to"]?.asText
      case "start_conference_on_enter": starts = value["to"]?.asBool == true
      case "end_conference_on_exit": ends = value["to"]?.asBool == true
      default: break
      }
    }
    return ParticipantState(
      isMuted: isMuted, isOnHold: isOnHold, isCoaching: isCoaching, callSIDToCoach: callSIDToCoach, status: status,
      startsConferenceOnEnter: starts, endsConferenceOnExit: ends, label: label)
  }
}
