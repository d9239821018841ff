import Synchronization

/// What a conference of the benchmark does between two polls. Its name is part of the sid that is asked for.
enum Scenario: String, Sendable, CaseIterable {
  case unchanged
  case onePercent
  /// Somebody new is there at every other poll, and gone at the next.
  case oneMore
  /// Every row has another date, which is no event.
  case allDates
  /// Everybody is muted, then unmuted.
  case allMuted

  static let people = 1000

  /// The sid of the conference in which this happens.
  var conference: String { "9a8b7c6d-0000-4000-8000-\(rawValue)" }
}

/// The pages of one scenario, in their order.
final class Script: Sendable {
  private struct State {
    var polls = 0
    var pages: [[UInt8]] = []
  }

  private let scenario: Scenario
  private let people: Int
  private let state: Mutex<State>

  init(_ scenario: Scenario, people: Int = Scenario.people, conference: String? = nil) {
    self.scenario = scenario
    self.people = people
    let rooms = Self.rooms(scenario, ListedRoom(conference ?? scenario.conference, people: people))
    state = Mutex(State(polls: 0, pages: rooms.map { $0.page() }))
  }

  /// What the next poll gets.
  func nextPage() -> [UInt8] {
    state.withLock { state in
      state.polls += 1
      if scenario == .oneMore, state.polls % 2 == 1 { return withNewcomer(state.polls) }
      return state.pages[state.polls % state.pages.count]
    }
  }

  /// Nobody comes twice: somebody who comes back would be asked for first.
  private func withNewcomer(_ poll: Int) -> [UInt8] {
    var room = ListedRoom(scenario.conference, people: people)
    room.people.insert(ListedRoom.Person(1_000_000 + poll), at: people / 2)
    return room.page()
  }

  /// The rooms that the scenario goes through again and again.
  private static func rooms(_ scenario: Scenario, _ room: ListedRoom) -> [ListedRoom] {
    var other = room
    switch scenario {
    case .unchanged, .oneMore: return [room]
    case .onePercent:
      for index in stride(from: 0, to: other.people.count, by: 100) { other.people[index].isMuted = true }
      return [room, other]
    case .allMuted:
      for index in other.people.indices { other.people[index].isMuted = true }
      return [room, other]
    case .allDates:
      // More than are ever asked for in one run, so that no date goes back.
      return (0..<Self.datedPages).map { second in
        for index in other.people.indices { other.people[index].updated = second }
        return other
      }
    }
  }

  private static let datedPages = 64
}
