/// What a conference of the benchmark does between two polls. The scenario's name is part of the conference's sid.
enum Scenario: String, Sendable, CaseIterable {
  case unchanged
  case onePercent
  /// A new participant is there at every other poll, and gone at the next.
  case oneMore
  /// Every row has another date, which causes no event.
  case allDates
  /// Everyone is muted, then unmuted.
  case allMuted
  /// Ten people, and nothing changes.
  case smallUnchanged

  static let sidPrefix = "9a8b7c6d-0000-4000-8000-"

  /// The sid of the conference in which this happens.
  var conference: String { Self.sidPrefix + rawValue }

  var people: Int {
    switch self {
    case .unchanged, .onePercent, .oneMore, .allDates, .allMuted: 1000
    case .smallUnchanged: 10
    }
  }

  /// The scenario for the floor: a list of the same length.
  var yardstick: Scenario { self == .smallUnchanged ? .smallUnchanged : .unchanged }
}

/// The pages of one scenario, in their order.
struct Script: Sendable {
  private let scenario: Scenario
  private var polls = 0
  /// The number of the page that the last poll got: equal numbers mean equal pages.
  private(set) var version = 0
  private var page: [UInt8]
  private var other: [UInt8]
  /// The offset of the time in each row's `date_updated`.
  private var times: [Int] = []
  private let room: ListedRoom

  init(_ scenario: Scenario) {
    self.scenario = scenario
    room = ListedRoom(scenario.conference, people: scenario.people)
    page = room.page()
    var changed = room
    switch scenario {
    case .unchanged, .oneMore, .smallUnchanged: break
    case .onePercent:
      for index in stride(from: 0, to: changed.people.count, by: 100) { changed.people[index].isMuted = true }
    case .allMuted:
      for index in changed.people.indices { changed.people[index].isMuted = true }
    case .allDates:
      let mark = Array("\"date_updated\":\"Mon, 23 Nov 2026 ".utf8)
      times = Self.places(after: mark, in: page)
    }
    other = changed.page()
  }

  /// Returns the page for the next poll.
  mutating func nextPage() -> [UInt8] {
    polls += 1
    switch scenario {
    case .unchanged, .smallUnchanged: break
    case .onePercent, .allMuted:
      version = polls % 2
      if version == 0 { return other }
    case .oneMore:
      version = polls.isMultiple(of: 2) ? 0 : polls
      if version > 0 { return withNewcomer() }
    case .allDates:
      version = polls
      setDates()
    }
    return page
  }

  /// Returns the page with a new participant, never the same one twice: the tracker would first confirm one who
  /// returns.
  private func withNewcomer() -> [UInt8] {
    let row = room.row(of: ListedRoom.Person(1_000_000 + polls)) + ","
    let start = Array("\"participants\":[".utf8)
    let place = page.firstRange(of: start)?.upperBound ?? 0
    return page[..<place] + Array(row.utf8) + page[place...]
  }

  private static func places(after mark: [UInt8], in page: [UInt8]) -> [Int] {
    page.indices.filter { page[$0] == mark[0] && page[$0...].starts(with: mark) }.map { $0 + mark.count }
  }

  /// Sets the dates to a second later than at the previous poll.
  private mutating func setDates() {
    let seconds = 18 * 3600 + polls % (5 * 3600)
    let parts: [Int] = [seconds / 3600, seconds / 60 % 60, seconds % 60]
    for start in times {
      for (index, part) in parts.enumerated() {
        page[start + 3 * index] = UInt8(0x30 + part / 10)
        page[start + 3 * index + 1] = UInt8(0x30 + part % 10)
      }
    }
  }
}
