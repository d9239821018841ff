import RollcallCore

/// A conference as the board knows it.
struct BoardRoom: Sendable {
  struct Gap: Hashable, Sendable {
    let since: Timestamp
    let words: String
  }

  let conference: ConferenceSID
  var friendlyName: String?
  var interval: Duration?
  var gap: Gap?
  var isOver = false
  var people: [CallSID: BoardStay] = [:]

  init(_ conference: ConferenceSID) { self.conference = conference }

  /// A room that an earlier run has left.
  init(_ room: Room, _ names: inout NameBook) {
    conference = room.conference
    friendlyName = room.friendlyName
    for (call, person) in room.participants {
      // Of those who were there before the earlier run, no more is known than that.
      let oldest = person.joined ?? room.lastScanEnd ?? Timestamp(milliseconds: 0)
      func start(_ moment: Timestamp?, _ isOn: Bool) -> BoardStay.Start? {
        isOn ? BoardStay.Start(moment: moment ?? oldest, isOpen: moment == nil) : nil
      }
      var stay = BoardStay(
        name: names.name(of: call.text, label: person.state.label),
        entered: BoardStay.Start(moment: oldest, isOpen: person.joined == nil))
      stay.muted = start(person.since.muted, person.state.isMuted)
      stay.held = start(person.since.held, person.state.isOnHold)
      stay.coaching = start(person.since.coaching, person.state.isCoaching)
      stay.coached = person.state.callSIDToCoach.map { names.name(of: $0) }
      people[call] = stay
    }
  }

  /// What the conference is called.
  func title(isShort: Bool) -> String {
    friendlyName ?? (isShort ? ShownNames.short(conference.text, 8) : conference.text)
  }

  /// Those who have been there longest first.
  var stays: [BoardStay] {
    people.sorted { left, right in
      (left.value.entered.moment.milliseconds, left.key.text) < (
        right.value.entered.moment.milliseconds, right.key.text
      )
    }.map(\.value)
  }

  /// Takes in what an event of this conference tells.
  mutating func take(_ event: StoredEvent, _ line: JSONValue, _ names: inout NameBook) {
    friendlyName = line["friendly_name"]?.asText ?? friendlyName
    switch event.type {
    case .conferenceStarted, .watchHeartbeat, .watchStopped: return
    case .conferenceEnded: (isOver, gap, people) = (true, nil, [:])
    case .watchStarted:
      interval = line["interval_ms"]?.asInteger.map { .milliseconds($0) }
      gap = nil
    case .watchInterrupted:
      let error = line["error"]?.asText.map { ": \($0)" } ?? ""
      gap = Gap(
        since: event.timestamp,
        words: (line["reason"]?.asText ?? "").split(separator: "_").joined(separator: " ") + error)
    case .watchResumed: gap = nil
    case .participantLeft:
      if let call = line["call_sid"]?.asText.flatMap(CallSID.init) { people[call] = nil }
    case .participantPresent, .participantJoined, .participantMuted, .participantUnmuted, .participantHeld,
      .participantUnheld, .participantCoachingStarted, .participantCoachingStopped, .participantUpdated:
      if let call = line["call_sid"]?.asText.flatMap(CallSID.init) { take(event, line, of: call, &names) }
    }
  }

  private mutating func take(_ event: StoredEvent, _ line: JSONValue, of call: CallSID, _ names: inout NameBook) {
    let record = line["participant"] ?? .null
    let name = names.name(of: call.text, label: record["label"]?.asText)
    let isJoin = event.type == .participantJoined
    let open = BoardStay.Start(moment: event.timestamp, isOpen: true)
    let now = BoardStay.Start(moment: event.timestamp, isOpen: false)
    var stay = isJoin ? BoardStay(name: name, entered: now) : people[call] ?? BoardStay(name: name, entered: open)
    stay.name = name
    switch event.type {
    case .participantPresent:
      stay.muted = record["muted"]?.asBool == true ? open : nil
      stay.held = record["hold"]?.asBool == true ? open : nil
      stay.coaching = record["coaching"]?.asBool == true ? open : nil
      let coached = (record["call_sid_to_coach"] ?? record["coaching_call_sid"])?.asText
      stay.coached = coached.flatMap { $0.isEmpty ? nil : names.name(of: $0) }
    case .participantMuted: stay.muted = now
    case .participantUnmuted: stay.muted = nil
    case .participantHeld: stay.held = now
    case .participantUnheld: stay.held = nil
    case .participantCoachingStarted:
      stay.coaching = now
      stay.coached = line["call_sid_to_coach"]?.asText.map { names.name(of: $0) }
    case .participantCoachingStopped: (stay.coaching, stay.coached) = (nil, nil)
    case .participantJoined, .participantLeft, .participantUpdated, .conferenceStarted, .conferenceEnded, .watchStarted,
      .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      break
    }
    people[call] = stay
  }
}
