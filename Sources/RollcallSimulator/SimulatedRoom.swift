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
