import RollcallServer

/// Conferences of any size and number, and when each was polled. Their sids say how many people they have.
struct CountedRooms: Sendable {
  /// One poll in this many shows a change.
  static let pollsPerChange = 100
  static let sidPrefix = "9a8b7c6d-0000-4000-8001-"

  private struct Watched {
    var room: ListedRoom
    var pages: [[UInt8]] = []
    var polls = 0
    var changes = 0
    var arrivals: [Int64] = []
  }

  static func sid(_ index: Int, people: Int = 10) -> String { "\(sidPrefix)\(people)-\(index)" }

  private var rooms: [Substring: Watched] = [:]

  /// Returns the page that a poll of a conference gets; nil for any other conference. A poll begins with the first
  /// page.
  mutating func page(_ number: Int, of sid: Substring, _ account: String, at now: Int64) -> ListSpace.Listing? {
    let numbers = sid.dropFirst(Self.sidPrefix.count).split(separator: "-").compactMap { Int($0) }
    guard sid.hasPrefix(Self.sidPrefix), numbers.count == 2 else { return nil }
    let (people, index) = (numbers[0], numbers[1])
    var watched =
      rooms.removeValue(forKey: sid)
      ?? Watched(room: ListedRoom(String(sid), people: people, account: account))
    if number == 0 {
      watched.arrivals.append(now)
      watched.polls += 1
      if watched.polls > 1, (watched.polls + index).isMultiple(of: Self.pollsPerChange) {
        watched.room.people[(watched.polls / Self.pollsPerChange) % people].isMuted.toggle()
        watched.changes += 1
        watched.pages = []
      }
    }
    if watched.pages.isEmpty { watched.pages = (0..<watched.room.pageCount).map { watched.room.page(number: $0) } }
    rooms[sid] = watched
    guard watched.pages.indices.contains(number) else { return nil }
    return ListSpace.Listing(bytes: watched.pages[number], tag: "\"\(number)-\(watched.changes)\"")
  }

  mutating func forgetArrivals() {
    for sid in Array(rooms.keys) { rooms[sid]?.arrivals = [] }
  }

  /// Returns how late each poll arrived, in milliseconds, for an interval of a second.
  ///
  /// The clock of the watch is unknown here. Ticks are whole intervals apart, so a conference's least delayed poll is
  /// taken to be on time. Polls that always wait for each other would go unnoticed, but ``crowding()`` shows them.
  func delays() -> [Double] {
    rooms.values.flatMap { watched -> [Double] in
      guard let first = watched.arrivals.first else { return [] }
      let offsets = watched.arrivals.map { Self.offset($0, first) }
      let soonest = offsets.min() ?? 0
      return offsets.map { Double($0 - soonest) / 1e6 }
    }
  }

  /// Returns the maximum number of conferences polled in any one 10 ms slot of the interval; for a thousand conferences,
  /// evenly spread, that is ten.
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

  /// Returns how far a moment is from the nearest tick if the first moment was on one.
  private static func offset(_ moment: Int64, _ first: Int64) -> Int64 {
    let rest = (moment - first) % interval
    return rest > interval / 2 ? rest - interval : rest
  }
}

/// The conferences of an account. The account's sid says how many there are, and of what size.
struct AccountList {
  private static let prefix = "crowd-"
  private static let pageSize = 1000

  private let account: String
  private let conferences: Int
  private let people: Int

  /// - Returns: nil if the sid is not that of such an account.
  init?(_ account: String) {
    let numbers = account.dropFirst(Self.prefix.count).split(separator: "-").compactMap { Int($0) }
    guard account.hasPrefix(Self.prefix), numbers.count == 2 else { return nil }
    (self.account, conferences, people) = (account, numbers[0], numbers[1])
  }

  static func sid(conferences: Int, people: Int) -> String { "\(prefix)\(conferences)-\(people)" }

  static func name(_ index: Int) -> String { "room-\(index)" }

  /// Returns the page that a query asks for; nil if it does not exist.
  func page(_ query: FormFields) -> [UInt8]? {
    // All conferences are in progress.
    let status = query["Status"] ?? "in-progress"
    var indices = Array(0..<(status == "in-progress" ? conferences : 0))
    if let name = query["FriendlyName"] { indices.removeAll { Self.name($0) != name } }
    let number = query["Page"].flatMap { Int($0) } ?? 0
    let start = number * Self.pageSize
    guard number >= 0, start <= indices.count else { return nil }
    let rows = indices[start...].prefix(Self.pageSize).map(row)
    let link = "\(path)?PageSize=\(Self.pageSize)&Status=\(status)&Page=\(number + 1)&PageToken=PA\(number + 1)"
    let next = start + rows.count < indices.count ? "\"\(link)\"" : "null"
    let text = """
      {"uri":"\(path)","page":\(number),"page_size":\(Self.pageSize),"next_page_uri":\(next),\
      "conferences":[\(rows.joined(separator: ","))]}
      """
    return Array(text.utf8)
  }

  private var path: String { ListedRoom.conferences(of: account) }

  private func row(_ index: Int) -> String {
    let sid = CountedRooms.sid(index, people: people)
    let date = "Mon, 23 Nov 2026 18:00:00 +0000"
    return """
      {"account_sid":"\(account)","api_version":"2010-04-01","date_created":"\(date)","date_updated":"\(date)",\
      "friendly_name":"\(Self.name(index))","region":"us","sid":"\(sid)","status":"in-progress",\
      "subresource_uris":{"participants":"\(path)/\(sid)/Participants"},"uri":"\(path)/\(sid)"}
      """
  }
}
