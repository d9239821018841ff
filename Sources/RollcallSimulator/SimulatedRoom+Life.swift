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
    let person = enter { person in
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
