import RollcallCore

/// A conference on the board.
struct BoardRoom: Sendable {
  struct Gap: Hashable, Sendable {
    let since: Timestamp
    let words: String
  }

  let conference: ConferenceSID
  private var friendlyName: String?
  /// The name from the user or the provider; nil if there is none.
  private(set) var name: String?
  var interval: Duration?
  var gap: Gap?
  var isOver = false
  var people: [CallSID: BoardStay] = [:]
  /// The names of the raised alerts about the conference.
  private(set) var alerts: Set<String> = []

  init(_ conference: ConferenceSID, _ names: inout NameBook) {
    self.conference = conference
    name = names.names.conference(conference, friendlyName: nil)
  }

  /// Creates a room that an earlier run saved.
  init(_ room: Room, _ names: inout NameBook) {
    conference = room.conference
    friendlyName = room.friendlyName
    name = names.names.conference(conference, friendlyName: friendlyName)
    for (call, person) in room.participants {
      // The beginning is unknown for a participant who was in the earlier run's baseline.
      let oldest = person.joined ?? room.lastScanEnd ?? Timestamp(milliseconds: 0)
      func start(_ moment: Timestamp?, _ isOn: Bool) -> BoardStay.Start? {
        isOn ? BoardStay.Start(moment: moment ?? oldest, isOpen: moment == nil) : nil
      }
      var stay = BoardStay(
        name: names.name(of: call.text, CallerIdentity(label: person.state.label, address: nil)),
        entered: BoardStay.Start(moment: oldest, isOpen: person.joined == nil))
      stay.muted = start(person.since.muted, person.state.isMuted)
      stay.held = start(person.since.held, person.state.isOnHold)
      stay.coaching = start(person.since.coaching, person.state.isCoaching)
      stay.coached = person.state.callSIDToCoach.map { BoardStay.Coached($0, &names) }
      people[call] = stay
    }
    for alert in room.raisedAlerts.keys { raise(alert.name, of: alert.call) }
  }

  /// Returns the conference's name, or its sid.
  func title(isShort: Bool) -> String {
    name ?? (isShort ? ShownName.short(conference.text, 8) : conference.text)
  }

  /// The participants, those who have been in the room longest first.
  var stays: [BoardStay] {
    inOrder.map { _, stay in
      var stay = stay
      // The coached participant may have been given a name since.
      if let coached = stay.coached, let person = CallSID(coached.sid).flatMap({ people[$0] }) {
        stay.coached?.name = person.name
      }
      return stay
    }
  }

  private var inOrder: [(key: CallSID, value: BoardStay)] {
    people.sorted { left, right in
      (left.value.entered.moment.milliseconds, left.key.text) < (
        right.value.entered.moment.milliseconds, right.key.text
      )
    }
  }

  /// Updates all names.
  mutating func rename(_ names: inout NameBook) {
    name = names.names.conference(conference, friendlyName: friendlyName)
    for (call, _) in inOrder {
      people[call]?.name = names.name(of: call.text)
      if let coached = people[call]?.coached { people[call]?.coached = BoardStay.Coached(coached.sid, &names) }
    }
  }

  private mutating func raise(_ alert: String, of call: CallSID?) {
    if let call { people[call]?.alerts.insert(alert) } else { alerts.insert(alert) }
  }

  private mutating func resolve(_ alert: String, of call: CallSID?) {
    if let call { people[call]?.alerts.remove(alert) } else { alerts.remove(alert) }
  }

  /// Folds an event of this conference.
  mutating func take(_ line: EventLine, _ names: inout NameBook) {
    if let told = line.friendlyName, told != friendlyName {
      friendlyName = told
      name = names.names.conference(conference, friendlyName: told)
    }
    switch line.type {
    case .conferencePresent, .conferenceStarted, .watchHeartbeat, .watchStopped: return
    case .conferenceEnded: (isOver, gap, people, alerts) = (true, nil, [:], [])
    case .alertRaised: if let alert = line.alert { raise(alert, of: line.call.flatMap(CallSID.init)) }
    case .alertResolved: if let alert = line.alert { resolve(alert, of: line.call.flatMap(CallSID.init)) }
    case .watchStarted:
      interval = line.number("interval_ms").map { .milliseconds($0) }
      gap = nil
    case .watchInterrupted:
      let error = line.text("error").map { ": \($0)" } ?? ""
      gap = Gap(since: line.timestamp, words: line.reason + error)
    case .watchResumed: gap = nil
    case .participantLeft:
      if let call = line.call.flatMap(CallSID.init) { people[call] = nil }
    case .participantPresent, .participantJoined, .participantMuted, .participantUnmuted, .participantHeld,
      .participantUnheld, .participantCoachingStarted, .participantCoachingStopped, .participantUpdated:
      if let call = line.call.flatMap(CallSID.init) { take(line, of: call, &names) }
    }
  }

  private mutating func take(_ line: EventLine, of call: CallSID, _ names: inout NameBook) {
    let record = line.record
    let name = names.name(of: call.text, line.identity)
    let isJoin = line.type == .participantJoined
    let open = BoardStay.Start(moment: line.timestamp, isOpen: true)
    let now = BoardStay.Start(moment: line.timestamp, isOpen: false)
    var stay = isJoin ? BoardStay(name: name, entered: now) : people[call] ?? BoardStay(name: name, entered: open)
    stay.name = name
    switch line.type {
    case .participantPresent:
      stay.muted = record["muted"]?.asBool == true ? open : nil
      stay.held = record["hold"]?.asBool == true ? open : nil
      stay.coaching = record["coaching"]?.asBool == true ? open : nil
      stay.coached = line.coached.map { BoardStay.Coached($0, &names) }
    case .participantMuted: stay.muted = now
    case .participantUnmuted: stay.muted = nil
    case .participantHeld: stay.held = now
    case .participantUnheld: stay.held = nil
    case .participantCoachingStarted:
      stay.coaching = now
      stay.coached = line.coached.map { BoardStay.Coached($0, &names) }
    case .participantCoachingStopped: (stay.coaching, stay.coached) = (nil, nil)
    case .participantJoined, .participantLeft, .participantUpdated, .conferencePresent, .conferenceStarted,
      .conferenceEnded, .alertRaised, .alertResolved,
      .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      break
    }
    people[call] = stay
  }
}

/// A participant's stay, and the current states with their beginnings.
struct BoardStay: Hashable, Sendable {
  /// The beginning of a stay or a state.
  struct Start: Hashable, Sendable {
    let moment: Timestamp
    /// Whether it may have begun earlier, because it was part of a baseline.
    let isOpen: Bool

    /// Returns how long it has lasted.
    func clock(_ now: Timestamp) -> String {
      RunningClock.text(milliseconds: (now - moment).wholeMilliseconds) + (isOpen ? "+" : "")
    }
  }

  /// The coached call.
  struct Coached: Hashable, Sendable {
    let sid: String
    var name: String

    init(_ sid: String, _ names: inout NameBook) {
      self.sid = sid
      name = names.name(of: sid)
    }
  }

  var name: String
  let entered: Start
  var muted: Start?
  var held: Start?
  var coaching: Start?
  /// The coached call; nil if the provider names none.
  var coached: Coached?
  /// The names of the raised alerts about the participant.
  var alerts: Set<String> = []

  /// Returns the same stays, in their order but with those that need attention first: raised alerts, then on hold, coaching
  /// and muted.
  static func urgentFirst(_ stays: [BoardStay]) -> [BoardStay] {
    let urgencies: [(BoardStay) -> Bool] = [
      { !$0.alerts.isEmpty }, { $0.held != nil }, { $0.coaching != nil }, { $0.muted != nil }, { _ in true },
    ]
    let stays = stays.map { stay in (stay, urgencies.firstIndex { $0(stay) }) }
    return urgencies.indices.flatMap { urgency in stays.filter { $0.1 == urgency }.map(\.0) }
  }

  /// Returns the numbers of alerts and states, in parentheses after a space; an empty text if there are none.
  static func counts(of stays: some Sequence<BoardStay>) -> String {
    var (alerts, held, coaching, muted) = (0, 0, 0, 0)
    for stay in stays {
      alerts += stay.alerts.count
      if stay.held != nil { held += 1 }
      if stay.coaching != nil { coaching += 1 }
      if stay.muted != nil { muted += 1 }
    }
    let counts = [
      (alerts, alerts == 1 ? "alert" : "alerts"), (held, StateWords.held), (coaching, StateWords.coaching()),
      (muted, StateWords.muted),
    ].filter { $0.0 > 0 }
    return counts.isEmpty ? "" : " (" + counts.map { "\($0.0) \($0.1)" }.joined(separator: ", ") + ")"
  }

  /// Returns the participant's states, with how long each has lasted if there is room.
  func state(_ now: Timestamp, hasClocks: Bool, separator: String? = nil) -> StyledText {
    let doing: [(words: String, start: Start?, style: TextStyle, subject: AlertCondition.Subject)] = [
      (StateWords.coaching(coached?.name), coaching, .cyan, .coaching),
      (StateWords.muted, muted, .yellow, .muted), (StateWords.held, held, .magenta, .hold),
    ]
    var text = StyledText()
    for state in doing {
      guard let start = state.start else { continue }
      if text.columns > 0 { text.append(separator ?? (hasClocks ? " · " : " "), .faint) }
      let isAlert = alerts.contains { AlertCondition.subject(ofAlert: $0) == state.subject }
      text.append(isAlert ? "! \(state.words)" : state.words, isAlert ? .red : state.style)
      if hasClocks { text.append(" \(start.clock(now))", .faint) }
    }
    return text
  }
}
