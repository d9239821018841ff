import RollcallCore

/// One simulated conference: who is there, what happened, and what will.
struct SimulatedRoom: Sendable {
  enum Status: String, Sendable {
    case initial = "init"
    case inProgress = "in-progress"
    case completed
  }

  /// Entries of ``history`` at the most; then the older half is dropped.
  static let historyLimit = 200_000
  /// How long a finished row stays, where the scenario has such.
  static let lingering: Int64 = 3000

  let sid: String
  let friendlyName: String
  let plan: Scenario.Room
  let keepsFinishedRows: Bool
  private(set) var status = Status.initial
  private(set) var updatedAt: Int64 = 0
  /// In the order of joining, finished rows included.
  private(set) var people: [SimulatedPerson] = []
  private(set) var history: [TruthEntry] = []
  var names: [String: String] = [:]
  var lifeRandom: SplitMix64
  private var sidRandom: SplitMix64
  private var callRandom: SplitMix64
  var nextStep = 0
  var nextTick: Int64 = 0
  /// Milliseconds since the space began.
  var now: Int64 = 0
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

  /// Those who are really there.
  var present: [SimulatedPerson] { people.filter(\.isPresent) }

  func person(_ callSID: String) -> SimulatedPerson? {
    people.first { $0.callSID == callSID }
  }

  /// Lets somebody in. The draft's own state is what they enter with.
  ///
  /// - Parameters:
  ///   - call: how they came; any call where that is nil.
  ///   - ringing: how long they are called until then, in milliseconds.
  mutating func enter(
    by call: SimulatedCall? = nil, after ringing: Int64 = 0, _ prepare: (inout SimulatedPerson) -> Void
  ) -> SimulatedPerson {
    joins += 1
    let call = call ?? SimulatedCall(&callRandom)
    var person = SimulatedPerson(callSID: dialect.callSID(&sidRandom), call: call, order: joins, at: now)
    prepare(&person)
    if ringing > 0 { person.answersAt = now + ringing }
    people.append(person)
    if person.isPresent { welcome(person) }
    return person
  }

  private mutating func welcome(_ person: SimulatedPerson) {
    record(.joined, person.callSID)
    let entrant = SimulatedPerson(callSID: person.callSID, call: person.call, order: person.order, at: now)
    for change in person.changes(since: entrant) where change.kind != .updated {
      record(change.kind, person.callSID, target: change.target)
    }
    if status == .initial, present.count >= 2 {
      status = .inProgress
      updatedAt = now
    }
  }

  /// Lets in who has been called for long enough.
  mutating func answerCalls() {
    for index in people.indices {
      guard people[index].leftAt == nil, let answersAt = people[index].answersAt, answersAt <= now else { continue }
      people[index].answersAt = nil
      people[index].updatedAt = now
      welcome(people[index])
    }
  }

  /// Changes somebody who is there, and records how.
  mutating func change(_ callSID: String, _ body: (inout SimulatedPerson) -> Void) {
    guard let index = people.firstIndex(where: { $0.callSID == callSID && $0.leftAt == nil }) else { return }
    var person = people[index]
    body(&person)
    let changes = person.changes(since: people[index])
    guard person != people[index] else { return }
    person.updatedAt = now
    people[index] = person
    guard person.isPresent else { return }
    for change in changes { record(change.kind, callSID, target: change.target) }
  }

  /// Takes somebody out; whoever coaches them stops. The conference ends with one who is marked so.
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
    if leaver.endsOnExit { end() }
  }

  /// Ends the conference for everybody.
  mutating func end() {
    guard status != .completed else { return }
    status = .completed
    updatedAt = now
    for person in people where person.leftAt == nil { remove(person.callSID) }
    record(.ended, "")
  }

  /// Forgets finished rows whose time is over.
  mutating func forgetFinishedRows() {
    people.removeAll { person in
      if let leftAt = person.leftAt { now - leftAt > Self.lingering } else { false }
    }
  }

  private mutating func record(_ kind: TruthEntry.Kind, _ callSID: String, target: String? = nil) {
    if history.count >= Self.historyLimit { history.removeFirst(Self.historyLimit / 2) }
    history.append(TruthEntry(milliseconds: now, kind: kind, callSID: callSID, target: target))
  }
}

extension SimulatedRoom {
  /// Random life goes in steps of so many milliseconds.
  private static let tick: Int64 = 50

  /// Lets everything happen that belongs before this moment. Going back does nothing.
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
        if let life = plan.life { live(life) }
      }
    }
    now = max(now, moment)
    answerCalls()
    if keepsFinishedRows { forgetFinishedRows() }
  }

  /// Does what a script says. Somebody who is not there does nothing.
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

  private mutating func live(_ life: Scenario.Life) {
    if draws(life.joins), present.count < life.maximum {
      let isMuted = lifeRandom.below(8) == 0
      _ = enter { $0.muted = isMuted }
    }
    if draws(life.leaves), present.count > life.minimum, let sid = somebody() { remove(sid) }
    if draws(life.mutes), let sid = somebody() { change(sid) { $0.muted.toggle() } }
    if draws(life.holds), let sid = somebody() { change(sid) { $0.hold.toggle() } }
    if draws(life.coaches), let sid = somebody() { moveCoach(sid) }
  }

  /// Starts coaching, takes another target, or stops.
  private mutating func moveCoach(_ sid: String) {
    let target = somebody(but: sid)
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

  private mutating func somebody(but other: String? = nil) -> String? {
    let sids = present.map(\.callSID).filter { $0 != other }
    return sids.isEmpty ? nil : sids[lifeRandom.below(sids.count)]
  }
}

/// One row of a simulated room.
struct SimulatedPerson: Sendable, Equatable {
  let callSID: String
  let call: SimulatedCall
  /// The place in the order of joining; pages continue behind it.
  let order: Int
  /// Milliseconds since the space began.
  let joinedAt: Int64
  var updatedAt: Int64
  /// Set where the row stays in the list although its owner has left.
  var leftAt: Int64?
  /// Set while they are called and have not answered yet.
  var answersAt: Int64?
  /// What the API's caller names them.
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

  /// How far a call is.
  enum Stage: Sendable {
    case queued
    case ringing
    case connected
    case finished
  }

  /// - Parameter moment: milliseconds since the space began.
  func stage(at moment: Int64) -> Stage {
    if leftAt != nil { return .finished }
    guard let answersAt else { return .connected }
    return moment - joinedAt < answersAt - moment ? .queued : .ringing
  }

  /// Whether they are really there.
  var isPresent: Bool { leftAt == nil && answersAt == nil }

  /// Who is coached, which nobody is unless `coaching` is set.
  var coached: String? { coaching ? target : nil }

  /// What an observer with perfect sight would call the way from an earlier state to this one.
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

/// The phone call behind a simulated person.
struct SimulatedCall: Sendable, Equatable {
  /// What callers dial. This and the numbers of people are of the range that is kept free for fiction.
  static let service = "+15550199"
  private static let numbers = 99
  /// One of so many was called, the others called.
  private static let outboundShare = 4

  let from: String
  let to: String
  /// Whether the service called them.
  let isOutbound: Bool

  /// A call that the API has made.
  init(from: String, to: String) {
    self.from = from
    self.to = to
    isOutbound = true
  }

  /// The call of somebody with an address of their own.
  init(address: String, isOutbound: Bool) {
    self.isOutbound = isOutbound
    from = isOutbound ? Self.service : address
    to = isOutbound ? address : Self.service
  }

  /// Any call.
  init(_ random: inout SplitMix64) {
    let digits = String(random.below(Self.numbers))
    let number = "+155501" + (digits.utf8.count < 2 ? "0" : "") + digits
    isOutbound = random.below(Self.outboundShare) == 0
    from = isOutbound ? Self.service : number
    to = isOutbound ? number : Self.service
  }
}
