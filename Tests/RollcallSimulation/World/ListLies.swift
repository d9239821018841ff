import RollcallCore
import RollcallTestKit

/// False lists: stale ones, and ones that omit participants or show some who have left.
struct ListLies {
  private let plan: Plan
  private let agenda: Agenda
  private var random: SplitMix64
  /// Whether lists may be false now.
  var isOn = true
  /// For tests of the oracles: the last row is shown only to the oracles.
  var invents = false
  /// The calls that lists omit, and until when.
  private var hidden: [String: Moment] = [:]
  /// The ended stays that lists still show, and until when.
  private var ghosts: [Int: Moment] = [:]
  /// How far a conference's lists lag, and until when.
  private var lags: [String: (lag: Int64, until: Moment)] = [:]

  init(plan: Plan, agenda: Agenda) {
    self.plan = plan
    self.agenda = agenda
    random = SplitMix64(seed: plan.seed ^ 0x6c69_6573)
  }

  /// Returns the current lag of a conference's lists, which changes from list to list.
  mutating func lag(of conference: String) -> Int64 {
    guard isOn, plan.troubles.contains(.staleLists), plan.longestLag > 0 else { return 0 }
    if let lag = lags[conference], lag.until > agenda.now { return lag.lag }
    let lag = Bool.random(using: &random) ? 0 : Int64.random(in: 1...plan.longestLag, using: &random)
    lags[conference] = (lag, agenda.now + Int64.random(in: 0...plan.interval * 3, using: &random))
    return lag
  }

  /// Returns the rows that the list of a conference shows now.
  ///
  /// - Parameter isLive: whether the process knows that statuses are live. A process that has seen only `completed`
  ///   takes finished rows for participants in the room, so until then no finished row is shown that could be alone on
  ///   a page.
  mutating func rows(of room: TrueConference, isLive: Bool) -> [ShownRow] {
    let rows = listedRows(of: room)
    guard !isLive else { return rows }
    let others = rows.filter { room.stays[$0.stay].versions[$0.version].state.place != .finished }
    return others.isEmpty || rows.count > plan.pageSize ? others : rows
  }

  private mutating func listedRows(of room: TrueConference) -> [ShownRow] {
    var rows = room.listed(at: agenda.now - lag(of: room.sid)).map { ShownRow(stay: $0.stay, version: $0.version) }
    guard isOn else { return rows }
    if plan.troubles.contains(.emptyLists), random.happens(onceIn: plan.rarity) { return [] }
    if plan.troubles.contains(.hiddenPeople) { hide(&rows, in: room) }
    if plan.troubles.contains(.ghosts) { haunt(&rows, in: room) }
    return rows
  }

  private mutating func hide(_ rows: inout [ShownRow], in room: TrueConference) {
    if hidden.count < 2, random.happens(onceIn: 10), let row = rows.randomElement(using: &random) {
      hidden[room.stays[row.stay].call] = agenda.now + time()
    }
    hidden = hidden.filter { $0.value > agenda.now }
    rows.removeAll { hidden[room.stays[$0.stay].call] != nil }
  }

  private mutating func haunt(_ rows: inout [ShownRow], in room: TrueConference) {
    if ghosts.count < 2, random.happens(onceIn: 5) {
      let gone = room.unlisted(since: agenda.now - plan.interval * 4)
      if let index = gone.randomElement(using: &random), room.stays[index].joined != nil {
        ghosts[index] = agenda.now + time()
      }
    }
    ghosts = ghosts.filter { $0.value > agenda.now }
    for index in ghosts.keys.sorted() where room.stays.indices.contains(index) {
      let stay = room.stays[index]
      let isShown = rows.contains { room.stays[$0.stay].call == stay.call }
      let last = stay.versions.lastIndex { $0.state.place == .inRoom }
      if !isShown, stay.unlisted != nil, let last { rows.append(ShownRow(stay: index, version: last)) }
    }
    rows.sort { $0.stay < $1.stay }
  }

  private mutating func time() -> Int64 {
    random.happens(onceIn: 2) ? Int64.random(in: 61_000...100_000, using: &random) : plan.interval * 5
  }
}
