/// Conferences of any size and number, and when each was asked for. Their sids say how many people they have.
struct SmallRooms: Sendable {
  /// One poll in so many shows a change.
  static let pollsPerChange = 100
  static let sidPrefix = "9a8b7c6d-0000-4000-8001-"

  private struct Watched {
    var room: ListedRoom
    var page: [UInt8] = []
    var polls = 0
    var arrivals: [Int64] = []
  }

  static func sid(_ index: Int, people: Int = 10) -> String { "\(sidPrefix)\(people)-\(index)" }

  private var rooms: [Substring: Watched] = [:]

  /// What the next poll of a conference gets; nil for one that is none of these.
  mutating func nextPage(of sid: Substring, at now: Int64) -> [UInt8]? {
    let numbers = sid.dropFirst(Self.sidPrefix.count).split(separator: "-").compactMap { Int($0) }
    guard sid.hasPrefix(Self.sidPrefix), numbers.count == 2 else { return nil }
    let (people, index) = (numbers[0], numbers[1])
    var watched = rooms.removeValue(forKey: sid) ?? Watched(room: ListedRoom(String(sid), people: people))
    watched.arrivals.append(now)
    watched.polls += 1
    if watched.polls > 1, (watched.polls + index).isMultiple(of: Self.pollsPerChange) {
      watched.room.people[(watched.polls / Self.pollsPerChange) % people].isMuted.toggle()
      watched.page = []
    }
    if watched.page.isEmpty { watched.page = watched.room.page() }
    rooms[sid] = watched
    return watched.page
  }

  mutating func forgetArrivals() {
    for sid in Array(rooms.keys) { rooms[sid]?.arrivals = [] }
  }

  /// How long after they were due the polls arrived, in milliseconds, where the interval is a second.
  ///
  /// The clock of the watcher is not known here: a conference's ticks are where its soonest poll says that they are, since
  /// they are whole intervals apart. What that hides, polls that always wait for each other, ``crowding()`` shows.
  func delays() -> [Double] {
    rooms.values.flatMap { watched -> [Double] in
      guard let first = watched.arrivals.first else { return [] }
      let offsets = watched.arrivals.map { Self.offset($0, first) }
      let soonest = offsets.min() ?? 0
      return offsets.map { Double($0 - soonest) / 1e6 }
    }
  }

  /// The most conferences that are polled within ten milliseconds of the interval; a thousand, evenly spread, would be ten.
  func crowding() -> Int {
    var counts = Array(repeating: 0, count: 100)
    let firsts = rooms.values.compactMap(\.arrivals.first)
    guard let base = firsts.first else { return 0 }
    for moment in firsts {
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
