/// The thousand conferences of ten people each, and when each was asked for.
struct SmallRooms: Sendable {
  static let count = 1000
  static let people = 10
  /// One poll in so many shows a change.
  static let pollsPerChange = 100
  static let sidPrefix = "9a8b7c6d-0000-4000-8001-"

  static func sid(_ index: Int) -> String { sidPrefix + ListedRoom.hex(index) }

  private var rooms: [ListedRoom?] = Array(repeating: nil, count: count)
  private var pages: [[UInt8]] = Array(repeating: [], count: count)
  private var polls = Array(repeating: 0, count: count)
  private var arrivals: [[Int64]] = Array(repeating: [], count: count)

  /// What the next poll of a conference gets; nil for one that is none of these.
  mutating func nextPage(of sid: Substring, at now: Int64) -> [UInt8]? {
    guard let index = Int(sid.dropFirst(Self.sidPrefix.count), radix: 16), index < Self.count else { return nil }
    arrivals[index].append(now)
    var room = rooms[index] ?? ListedRoom(String(sid), people: Self.people)
    polls[index] += 1
    if polls[index] > 1, (polls[index] + index).isMultiple(of: Self.pollsPerChange) {
      let person = (polls[index] / Self.pollsPerChange) % Self.people
      room.people[person].isMuted.toggle()
      pages[index] = []
    }
    if pages[index].isEmpty { pages[index] = room.page() }
    rooms[index] = room
    return pages[index]
  }

  mutating func forgetArrivals() {
    for index in arrivals.indices { arrivals[index] = [] }
  }

  /// How long after they were due the polls arrived, in milliseconds.
  ///
  /// The clock of the watcher is not known here: a conference's ticks are where its soonest poll says that they are, since
  /// they are whole intervals apart. What that hides, polls that always wait for each other, ``crowding()`` shows.
  func delays() -> [Double] {
    arrivals.flatMap { moments -> [Double] in
      guard let first = moments.first else { return [] }
      let offsets = moments.map { Self.offset($0, first) }
      let soonest = offsets.min() ?? 0
      return offsets.map { Double($0 - soonest) / 1e6 }
    }
  }

  /// The most conferences that are polled within ten milliseconds of the interval; evenly spread they would be ten.
  func crowding() -> Int {
    var counts = Array(repeating: 0, count: 100)
    guard let base = arrivals.lazy.compactMap(\.first).first else { return 0 }
    for moment in arrivals.compactMap(\.first) {
      let place = ((moment - base) % Self.interval + Self.interval) % Self.interval
      counts[Int(place / (Self.interval / 100))] += 1
    }
    return counts.max() ?? 0
  }

  private static let interval: Int64 = 1_000_000_000

  /// How far a moment is from the nearest tick, if the first was on one.
  private static func offset(_ moment: Int64, _ first: Int64) -> Int64 {
    let rest = (moment - first) % interval
    return rest > interval / 2 ? rest - interval : rest
  }
}
