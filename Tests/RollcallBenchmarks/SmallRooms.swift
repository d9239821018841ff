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

  /// Where in the interval the conference's polls fall, in whole milliseconds.
  private static func phase(_ index: Int, of interval: Int64) -> Int64 {
    let share = UInt32(truncatingIfNeeded: index) &* 2_654_435_769
    return (interval / 1_000_000 * Int64(share)) >> 32 * 1_000_000
  }

  /// How long after they were due the polls arrived, in milliseconds.
  ///
  /// Number k of the conferences watched together is due k times the golden ratio, less its whole part, of the interval
  /// after the first. The clock of the watcher is not known here: the poll that came soonest after its time counts as
  /// punctual.
  func delays(interval: Int64 = 1_000_000_000) -> [Double] {
    var offsets: [Int64] = []
    for (index, moments) in arrivals.enumerated() {
      for moment in moments { offsets.append(moment - Self.phase(index, of: interval)) }
    }
    guard let first = offsets.first else { return [] }
    // Around the first one, so that no tick is split.
    let around = offsets.map { offset in
      let rest = (offset - first) % interval
      return rest > interval / 2 ? rest - interval : rest < -interval / 2 ? rest + interval : rest
    }
    // A single early straggler must not make everybody late.
    let punctual = Int64(Measure.quantile(0.001, of: around.map { Double($0) }))
    return around.map { Double(max(0, $0 - punctual)) / 1e6 }
  }
}
