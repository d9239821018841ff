import RollcallCore
import RollcallTestKit

/// The random life of a room, and the ways in which a provider may show it wrongly.
struct RandomLife {
  /// The statuses that a provider gives to participants in the room.
  enum Statuses: CaseIterable, Sendable {
    case live, completed, missing
    /// Some rows have no status, the others `completed`.
    case mixed
    /// Statuses are `completed` at first, and live later.
    case late
  }

  private let statuses: Statuses
  private(set) var people: [FakePerson] = []
  private var past: [[FakePerson]] = []
  private var gone: [FakePerson] = []
  private var born = 0
  private var time = 0

  init(statuses: Statuses = .live) { self.statuses = statuses }

  /// Lets people come, go, come back and change.
  mutating func step(_ random: inout SplitMix64) {
    past = Array((past + [people]).suffix(4))
    time += 2
    let leaving = people.filter { _ in random.happens(onceIn: 10) }
    gone += leaving
    people.removeAll { leaving.contains($0) }
    if random.happens(onceIn: 2) {
      born += 1
      var newcomer = FakePerson("call-\(born)", created: time)
      newcomer.status = status(&random)
      people.append(newcomer)
    }
    if random.happens(onceIn: 4), let index = gone.indices.randomElement(using: &random) {
      var back = gone.remove(at: index)
      if !random.happens(onceIn: 3) { (back.created, back.updated) = (time, time) }
      if !people.contains(where: { $0.sid == back.sid }) { people.append(back) }
    }
    for index in people.indices where random.happens(onceIn: 4) { change(index, &random) }
  }

  /// Returns the status of a participant in the room.
  private func status(_ random: inout SplitMix64) -> String? {
    switch statuses {
    case .live: "in-progress"
    case .completed: "completed"
    case .missing: nil
    case .mixed: random.happens(onceIn: 2) ? nil : "completed"
    case .late: time < 80 ? "completed" : "in-progress"
    }
  }

  private mutating func change(_ index: Int, _ random: inout SplitMix64) {
    people[index].muted = Bool.random(using: &random)
    people[index].hold = Bool.random(using: &random)
    people[index].coaching = Bool.random(using: &random)
    people[index].target = Bool.random(using: &random) ? people.randomElement(using: &random)?.sid : nil
    people[index].endsOnExit = Bool.random(using: &random)
    people[index].status = status(&random)
    if people[index].status == "in-progress" {
      if random.happens(onceIn: 8) { people[index].status = "ringing" }
      if random.happens(onceIn: 12) { people[index].status = "completed" }
    }
    if !random.happens(onceIn: 4) { people[index].updated = time }
  }

  /// Shows the room to a tracker, sometimes wrongly.
  func noteOutage(_ room: inout TrackedConference, _ random: inout SplitMix64) {
    room.people = people
    room.listed = random.happens(onceIn: 5) ? past.randomElement(using: &random) : nil
    if random.happens(onceIn: 6) { room.listed = people.shuffled(using: &random) }
    room.hidden = Set(people.filter { _ in random.happens(onceIn: 12) }.map(\.sid))
    if random.happens(onceIn: 12) { room.hidden = Set(people.map(\.sid)) }
    room.hiddenAtFirst = Set(people.filter { _ in random.happens(onceIn: 12) }.map(\.sid))
    room.missingLists = random.happens(onceIn: 15) ? Int.random(in: 1...2, using: &random) : 0
    room.conferenceAnswer = random.happens(onceIn: 3) ? .unclear : nil
    if random.happens(onceIn: 150) { room.conferenceAnswer = .completed(nil) }
    if random.happens(onceIn: 60) { room.conferenceAnswer = .notFound }
    room.silent = Set(people.filter { _ in random.happens(onceIn: 8) }.map(\.sid))
    room.answers = [:]
    for person in people + gone where random.happens(onceIn: 4) {
      var said = person
      if random.happens(onceIn: 3) { (said.updated, said.muted) = (max(0, time - 3), !said.muted) }
      room.answers[person.sid] = random.happens(onceIn: 3) ? .unclear : room.reply(said)
    }
  }
}
