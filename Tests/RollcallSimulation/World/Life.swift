import RollcallCore
import RollcallTestKit

/// The random actions of people in a conference.
final class Life {
  private static let labels = ["Ann", "Bob", "the \"boss\"", "Zoë", "line\nbreak", "\u{202e}txet", "🙂", ""]

  let room: TrueConference
  private let plan: Plan
  private let agenda: Agenda
  private var random: SplitMix64
  private var arrivals = 0
  /// Whether people still act.
  var isGoingOn = true

  init(_ room: TrueConference, plan: Plan, agenda: Agenda, seed: UInt64) {
    self.room = room
    self.plan = plan
    self.agenda = agenda
    random = SplitMix64(seed: seed)
    for _ in 0..<plan.people { join() }
    schedule()
  }

  private func schedule() {
    let wait = Int64.random(in: 1...max(2, plan.lifeGap * 2), using: &random)
    agenda.after(wait) { [self] in
      guard isGoingOn, room.isRunning else { return }
      step()
      schedule()
    }
  }

  private func step() {
    switch Int.random(in: 0..<20, using: &random) {
    case 0...4: join()
    case 5...8: if let index = anybody() { leave(index) }
    case 9, 10: rejoin()
    case 11: massDeparture()
    case 12 where plan.troubles.contains(.endings) && random.happens(onceIn: 6): room.end()
    default: if let index = anybody() { change(index) }
    }
  }

  private func anybody() -> Int? { room.present.randomElement(using: &random) }

  private func join() {
    guard room.present.count < plan.maximumPeople else { return }
    arrivals += 1
    enter("\(room.callPrefix)\(arrivals)")
  }

  private func enter(_ call: String) {
    var state = TrueState()
    state.muted = random.happens(onceIn: 4)
    state.hold = random.happens(onceIn: 8)
    state.endsOnExit = random.happens(onceIn: 8)
    if random.happens(onceIn: 2) { state.label = label() }
    let rings = plan.troubles.contains(.ringing) && random.happens(onceIn: 3)
    if rings { state.status = "ringing" }
    if plan.troubles.contains(.deadStatuses) { (state.status, state.isListedOnly) = ("completed", true) }
    let index = room.stays.count
    room.add(call, state)
    guard rings, room.stays.count > index else { return }
    agenda.after(Int64.random(in: 1...max(2, plan.interval * 3), using: &random)) { [self] in answer(index) }
  }

  /// Makes a ringing participant answer or leave.
  private func answer(_ index: Int) {
    guard room.isRunning, isGoingOn else { return }
    guard !random.happens(onceIn: 3) else { return room.leave(index) }
    room.change(index) { $0.status = "in-progress" }
    // If the change falls into the same second, the row is not replaced and keeps ringing.
    if room.stays[index].joined == nil, room.stays[index].unlisted == nil {
      agenda.after(1000) { [self] in answer(index) }
    }
  }

  private func leave(_ index: Int) {
    let lingers = plan.troubles.contains(.finishedRows) && random.happens(onceIn: 2)
    room.leave(index, lingering: lingers ? Int64.random(in: 1...20_000, using: &random) : nil)
  }

  private func rejoin() {
    guard plan.troubles.contains(.rejoins), room.present.count < plan.maximumPeople else { return join() }
    let gone = room.staysOf.keys.filter { call in
      guard let stay = room.latest(of: call) else { return false }
      return !stay.isInRoom && stay.unlisted != nil
    }
    guard let call = gone.sorted().randomElement(using: &random) else { return join() }
    enter(call)
  }

  private func massDeparture() {
    guard plan.troubles.contains(.massDepartures) else { return }
    for index in room.present where !random.happens(onceIn: 4) { leave(index) }
  }

  private func change(_ index: Int) {
    let others = room.present.filter { $0 != index }
    let other = others.randomElement(using: &random).map { room.stays[$0].call }
    let text = label()
    let kind = Int.random(in: 0..<10, using: &random)
    room.change(index) { state in
      switch kind {
      case 0...2: state.muted.toggle()
      case 3, 4: state.hold.toggle()
      case 5, 6:
        (state.coaching, state.target) = state.coaching && kind == 5 ? (false, nil) : (other != nil, other)
      case 7: state.endsOnExit.toggle()
      case 8: state.startsOnEnter.toggle()
      default: state.label = text
      }
    }
  }

  private func label() -> String? {
    guard plan.troubles.contains(.oddTexts) else { return random.happens(onceIn: 4) ? nil : "Ann" }
    let label = Self.labels.randomElement(using: &random) ?? ""
    return random.happens(onceIn: 5) ? String(repeating: label, count: 40) : label
  }
}
