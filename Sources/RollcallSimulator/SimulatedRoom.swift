import RollcallCore

/// A simulated conference: its participants, its history, and its script.
struct SimulatedRoom: Sendable {
  enum Status: String, Sendable {
    case initial = "init"
    case inProgress = "in-progress"
    case completed
  }

  /// The maximum number of ``announcements``; further ones are lost.
  static let maximumAnnouncements = 10_000
  /// The maximum number of entries in ``history``; beyond it the older half is dropped.
  static let historyLimit = 200_000
  /// How long finished rows stay listed, if the scenario has any, in milliseconds.
  static let lingering: Int64 = 3000

  let sid: String
  let friendlyName: String
  let plan: Scenario.Room
  let keepsFinishedRows: Bool
  private(set) var status = Status.initial
  private(set) var updatedAt: Int64 = 0
  /// In order of joining, including finished rows.
  private(set) var people: [SimulatedPerson] = []
  private(set) var history: [TruthEntry] = []
  private(set) var names: [String: String] = [:]
  /// Whether status callbacks announce the changes.
  var announces = false
  private var announcements: [Announcement] = []
  private var lifeRandom: SplitMix64
  private var sidRandom: SplitMix64
  private var callRandom: SplitMix64
  private var nextStep = 0
  private var nextTick: Int64 = 0
  /// The time since the space began, in milliseconds.
  private(set) var now: Int64 = 0
  private var joins = 0
  private let dialect: any SpaceDialect

  init(
    plan: Scenario.Room, keepsFinishedRows: Bool, seed: UInt64, dialect: any SpaceDialect = SignalWireSpace()
  ) {
    self.dialect = dialect
    self.plan = plan
    self.keepsFinishedRows = keepsFinishedRows
    friendlyName = plan.friendlyName
    sidRandom = SplitMix64(seed: seed, purpose: 1)
    lifeRandom = SplitMix64(seed: seed, purpose: 2)
    callRandom = SplitMix64(seed: seed, purpose: 3)
    sid = dialect.conferenceSID(&sidRandom)
    for person in plan.people { perform(.join(person)) }
  }

  /// The participants who are in the room.
  var present: [SimulatedPerson] { people.filter(\.isPresent) }

  func person(_ callSID: String) -> SimulatedPerson? {
    people.first { $0.callSID == callSID }
  }

  /// Adds a participant in the state that `prepare` sets.
  ///
  /// - Parameters:
  ///   - call: the participant's call; nil for a random one.
  ///   - ringing: how long the call rings before it is answered, in milliseconds.
  mutating func enter(
    by call: SimulatedCall? = nil, after ringing: Int64 = 0, _ prepare: (inout SimulatedPerson) -> Void
  ) -> SimulatedPerson {
    joins += 1
    let call = call ?? SimulatedCall(&callRandom)
    var person = SimulatedPerson(callSID: dialect.callSID(&sidRandom), call: call, order: joins, at: now)
    prepare(&person)
    if ringing > 0 { person.answersAt = now + ringing }
    people.append(person)
    if person.isPresent { recordEntry(of: person) }
    return person
  }

  private mutating func recordEntry(of person: SimulatedPerson) {
    record(.joined, person.callSID)
    announce(.join, person)
    let entrant = SimulatedPerson(callSID: person.callSID, call: person.call, order: person.order, at: now)
    for change in person.changes(since: entrant) where change.kind != .updated {
      record(change.kind, person.callSID, target: change.target)
    }
    if status == .initial, present.count >= 2 {
      status = .inProgress
      updatedAt = now
      announce(.conferenceStart)
    }
  }

  /// Adds the participants whose calls are answered by now.
  private mutating func answerCalls() {
    for index in people.indices {
      guard people[index].leftAt == nil, let answersAt = people[index].answersAt, answersAt <= now else { continue }
      people[index].answersAt = nil
      people[index].updatedAt = now
      recordEntry(of: people[index])
    }
  }

  /// Changes a participant and records the changes.
  mutating func change(_ callSID: String, _ body: (inout SimulatedPerson) -> Void) {
    guard let index = people.firstIndex(where: { $0.callSID == callSID && $0.leftAt == nil }) else { return }
    var person = people[index]
    body(&person)
    let changes = person.changes(since: people[index])
    guard person != people[index] else { return }
    person.updatedAt = now
    people[index] = person
    guard person.isPresent else { return }
    for change in changes {
      record(change.kind, callSID, target: change.target)
      announce(CallbackEvent(change.kind), person)
    }
  }

  /// Removes a participant and stops those who coach them. Ends the conference if the participant is set to do that.
  mutating func remove(_ callSID: String) {
    guard let leaver = person(callSID), leaver.leftAt == nil else { return }
    for coach in people where coach.coached == callSID || coach.callSID == callSID {
      change(coach.callSID) { person in
        person.coaching = false
        person.target = nil
      }
    }
    if keepsFinishedRows, let index = people.firstIndex(where: { $0.callSID == callSID }) {
      people[index].leftAt = now
      people[index].updatedAt = now
    } else {
      people.removeAll { $0.callSID == callSID }
    }
    guard leaver.isPresent else { return }
    record(.left, callSID)
    announce(.leave, leaver)
    if leaver.endsOnExit { end() }
  }

  /// Ends the conference and removes everyone.
  mutating func end() {
    guard status != .completed else { return }
    status = .completed
    updatedAt = now
    for person in people where person.leftAt == nil { remove(person.callSID) }
    record(.ended, "")
    announce(.conferenceEnd)
  }

  /// Removes finished rows that have been listed long enough.
  private mutating func forgetFinishedRows() {
    people.removeAll { person in
      if let leftAt = person.leftAt { now - leftAt > Self.lingering } else { false }
    }
  }

  /// Removes and returns the pending announcements, oldest first.
  mutating func takeAnnouncements() -> [Announcement] {
    defer { announcements = [] }
    return announcements
  }

  private mutating func announce(_ event: CallbackEvent, _ person: SimulatedPerson? = nil) {
    guard announces, announcements.count < Self.maximumAnnouncements else { return }
    announcements.append(Announcement(event: event, person: person, milliseconds: now))
  }

  private mutating func record(_ kind: TruthEntry.Kind, _ callSID: String, target: String? = nil) {
    if history.count >= Self.historyLimit { history.removeFirst(Self.historyLimit / 2) }
    history.append(TruthEntry(milliseconds: now, kind: kind, callSID: callSID, target: target))
  }
}

extension SimulatedRoom {
  /// The interval of random activity, in milliseconds.
  private static let tick: Int64 = 50

  /// Performs everything that is due by a time. Does nothing if the time has passed.
  mutating func advance(to moment: Int64) {
    while status != .completed {
      let stepAt = nextStep < plan.steps.count ? plan.steps[nextStep].milliseconds : Int64.max
      let tickAt = plan.life == nil ? Int64.max : nextTick + Self.tick
      guard min(stepAt, tickAt) <= moment else { break }
      if stepAt <= tickAt {
        now = max(now, stepAt)
        perform(plan.steps[nextStep].action)
        nextStep += 1
      } else {
        now = max(now, tickAt)
        nextTick = tickAt
        if let life = plan.life { act(by: life) }
      }
    }
    now = max(now, moment)
    answerCalls()
    if keepsFinishedRows { forgetFinishedRows() }
  }

  /// Performs an action of a script. Does nothing for participants who are not in the room.
  mutating func perform(_ action: Scenario.Action) {
    guard status != .completed else { return }
    switch action {
    case .join(let entry): join(entry)
    case .leave(let name): if let sid = names[name] { remove(sid) }
    case .mute(let name, let flag): if let sid = names[name] { change(sid) { $0.muted = flag } }
    case .hold(let name, let flag): if let sid = names[name] { change(sid) { $0.hold = flag } }
    case .endsOnExit(let name, let flag): if let sid = names[name] { change(sid) { $0.endsOnExit = flag } }
    case .coach(let name, let target): coach(name, target: target)
    case .end: end()
    }
  }

  private mutating func join(_ entry: Scenario.Person) {
    let target = entry.target.flatMap { names[$0] }
    let call = entry.address.map { SimulatedCall(address: $0, isOutbound: entry.isOutbound) }
    let person = enter(by: call) { person in
      person.muted = entry.muted
      person.hold = entry.hold
      person.endsOnExit = entry.endsOnExit
      person.coaching = target != nil
      person.target = target
    }
    names[entry.name] = person.callSID
  }

  private mutating func coach(_ name: String, target: String?) {
    guard let sid = names[name] else { return }
    let targetSID = target.flatMap { names[$0] }
    change(sid) { person in
      person.coaching = targetSID != nil
      person.target = targetSID
    }
  }

  private mutating func act(by life: Scenario.Life) {
    if draws(life.joins), present.count < life.maximum {
      let isMuted = lifeRandom.below(8) == 0
      _ = enter { $0.muted = isMuted }
    }
    if draws(life.leaves), present.count > life.minimum, let sid = anyone() { remove(sid) }
    if draws(life.mutes), let sid = anyone() { change(sid) { $0.muted.toggle() } }
    if draws(life.holds), let sid = anyone() { change(sid) { $0.hold.toggle() } }
    if draws(life.coaches), let sid = anyone() { moveCoach(sid) }
  }

  /// Starts coaching, changes the target, or stops.
  private mutating func moveCoach(_ sid: String) {
    let target = anyone(but: sid)
    let stops = lifeRandom.below(2) == 0
    change(sid) { person in
      let next = person.coaching && stops ? nil : target
      person.coaching = next != nil
      person.target = next
    }
  }

  private mutating func draws(_ rate: Double) -> Bool {
    lifeRandom.happens(rate * Double(Self.tick) / 1000)
  }

  private mutating func anyone(but other: String? = nil) -> String? {
    let sids = present.map(\.callSID).filter { $0 != other }
    return sids.isEmpty ? nil : sids[lifeRandom.below(sids.count)]
  }
}

/// A row of a simulated room.
struct SimulatedPerson: Sendable, Equatable {
  let callSID: String
  let call: SimulatedCall
  /// The position in the order of joining, from which pages continue.
  let order: Int
  /// The time since the space began, in milliseconds.
  let joinedAt: Int64
  var updatedAt: Int64
  /// Set if the row stays listed after the participant has left.
  var leftAt: Int64?
  /// Set while the call is ringing.
  var answersAt: Int64?
  /// The label given by the API client.
  var label: String?
  var muted = false
  var hold = false
  var coaching = false
  var target: String?
  var startsOnEnter = true
  var endsOnExit = false

  init(callSID: String, call: SimulatedCall, order: Int, at milliseconds: Int64) {
    self.callSID = callSID
    self.call = call
    self.order = order
    joinedAt = milliseconds
    updatedAt = milliseconds
  }

  /// The progress of a call.
  enum Stage: Sendable {
    case queued
    case ringing
    case connected
    case finished
  }

  /// - Parameter moment: the time since the space began, in milliseconds.
  func stage(at moment: Int64) -> Stage {
    if leftAt != nil { return .finished }
    guard let answersAt else { return .connected }
    return moment - joinedAt < answersAt - moment ? .queued : .ringing
  }

  /// Whether the participant is in the room.
  var isPresent: Bool { leftAt == nil && answersAt == nil }

  /// The coached call; nil unless `coaching` is set.
  var coached: String? { coaching ? target : nil }

  /// Returns the changes from an earlier state, as a perfect observer would report them.
  func changes(since earlier: SimulatedPerson) -> [(kind: TruthEntry.Kind, target: String?)] {
    var changes: [(kind: TruthEntry.Kind, target: String?)] = []
    if muted != earlier.muted { changes.append((muted ? .muted : .unmuted, nil)) }
    if hold != earlier.hold { changes.append((hold ? .held : .unheld, nil)) }
    if coaching != earlier.coaching || coached != earlier.coached {
      if earlier.coaching { changes.append((.coachingStopped, earlier.coached)) }
      if coaching { changes.append((.coachingStarted, coached)) }
    }
    if startsOnEnter != earlier.startsOnEnter || endsOnExit != earlier.endsOnExit { changes.append((.updated, nil)) }
    return changes
  }
}

/// The phone call of a simulated participant.
struct SimulatedCall: Sendable, Equatable {
  /// The number that callers dial. Like the callers' numbers, it is reserved for fictional use.
  static let service = "+15550199"
  private static let numbers = 99
  /// One in this many calls is outbound.
  private static let outboundShare = 4

  let from: String
  let to: String
  /// Whether the service made the call.
  let isOutbound: Bool

  /// Creates a call made by the API.
  init(from: String, to: String) {
    self.from = from
    self.to = to
    isOutbound = true
  }

  /// Creates the call of a participant with a given address.
  init(address: String, isOutbound: Bool) {
    self.isOutbound = isOutbound
    from = isOutbound ? Self.service : address
    to = isOutbound ? address : Self.service
  }

  /// Creates a random call.
  init(_ random: inout SplitMix64) {
    let digits = String(random.below(Self.numbers))
    let number = "+155501" + (digits.utf8.count < 2 ? "0" : "") + digits
    isOutbound = random.below(Self.outboundShare) == 0
    from = isOutbound ? Self.service : number
    to = isOutbound ? number : Self.service
  }
}
