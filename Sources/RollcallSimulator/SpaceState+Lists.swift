import RollcallCore

/// The reading half: lists and their rows.
extension SpaceState {
  /// Rows of a page at the most, where paging is torn.
  private static let tornSize = 3

  mutating func participantList(of room: SimulatedRoom, _ query: ListQuery) throws(APIError) -> [UInt8] {
    let rowWriter = rowWriter
    let rows = remember(room).filter { person in
      (query.muted ?? person.muted) == person.muted && (query.hold ?? person.hold) == person.hold
        && (!dialect.filtersByCoaching || (query.coaching ?? person.coaching) == person.coaching)
    }
    return try list(.participants(room.sid), query, keys: rows.map(\.order), named: "participants") { index, output in
      rowWriter.write(rows[index], of: room, into: &output)
    }
  }

  mutating func conferenceList(_ query: ListQuery) throws(APIError) -> [UInt8] {
    let found = rooms.indices.filter { index in
      (query.status ?? rooms[index].status.rawValue) == rooms[index].status.rawValue
        && (query.friendlyName ?? rooms[index].friendlyName) == rooms[index].friendlyName
        && isOfDays(query.days, rooms[index])
    }
    let shown = rooms
    let rowWriter = rowWriter
    return try list(.conferences, query, keys: Array(found), named: "conferences") { index, output in
      rowWriter.write(shown[found[index]], into: &output)
    }
  }

  private func isOfDays(_ filters: [DayFilter], _ room: SimulatedRoom) -> Bool {
    guard !filters.isEmpty else { return true }
    let created = ProviderDate.day(start.milliseconds)
    let updated = ProviderDate.day(start.milliseconds + room.updatedAt)
    return filters.allSatisfy { $0.admits(created: created, updated: updated) }
  }

  /// The rows to show, which are old ones now and then where lists are stale.
  private mutating func remember(_ room: SimulatedRoom) -> [SimulatedPerson] {
    guard dice.faults.contains(.stale) else { return room.people }
    var lists = past[room.sid] ?? []
    lists.append(room.people)
    past[room.sid] = lists.suffix(Self.remembered + 1)
    let age = min(dice.staleness(at: requests), lists.count - 1)
    return lists[lists.count - 1 - age]
  }

  private mutating func list(
    _ route: Route, _ asked: ListQuery, keys: [Int], named name: String,
    row: (Int, inout JSONOutput) -> Void
  ) throws(APIError) -> [UInt8] {
    var query = asked
    if dice.faults.contains(.torn) { query.size = min(query.size, Self.tornSize) }
    let path = rowWriter.path(route) + dialect.linkSuffix
    let list = "\(path)?\(query.link(page: 0, token: nil))"
    let shown = PageBook.rows(at: try cursor(query, in: list), size: query.size, of: keys)
    let next = nextToken(after: shown, of: keys, in: list)
    let previous = previousToken(before: shown, of: keys, page: query.page, size: query.size, in: list)
    let absent = rowWriter.absent
    return JSONOutput.document { output in
      output.object { output in
        output.member("uri", "\(path)?\(query.link(page: query.page, token: query.token))")
        output.member("first_page_uri", list)
        let nextPage = dice.faults.contains(.loop) ? 1 : query.page + 1
        output.member(
          "next_page_uri", next.map { "\(path)?\(query.link(page: nextPage, token: $0))" }, absent: absent)
        if dialect.linksBack {
          output.member(
            "previous_page_uri", previous.map { "\(path)?\(query.link(page: query.page - 1, token: $0))" },
            absent: absent)
        }
        if dialect.countsRows {
          output.member("start", shown.lowerBound)
          output.member("end", max(shown.lowerBound, shown.upperBound - 1))
        }
        output.member("page", query.page)
        // Behind pages that are not full a link that leads back would only be careless.
        output.member("page_size", dice.faults.contains(.loop) ? shown.count : query.size)
        output.key(name)
        output.array { output in
          for index in shown { row(index, &output) }
        }
      }
    }
  }

  private func cursor(_ query: ListQuery, in list: String) throws(APIError) -> PageBook.Cursor {
    guard let token = query.token else {
      guard query.page == 0 else { throw .pageWithoutToken }
      return .start
    }
    guard let cursor = book.cursor(of: token, in: list) else { throw .badToken }
    return cursor
  }

  private mutating func nextToken(after shown: Range<Int>, of keys: [Int], in list: String) -> String? {
    if dice.faults.contains(.loop) { return book.token("PA", to: .start, in: list) }
    guard shown.upperBound < keys.count, !shown.isEmpty else { return nil }
    let isTorn = dice.faults.contains(.torn)
    return book.token("PA", to: isTorn ? .offset(shown.upperBound) : .after(keys[shown.upperBound - 1]), in: list)
  }

  private mutating func previousToken(
    before shown: Range<Int>, of keys: [Int], page: Int, size: Int, in list: String
  ) -> String? {
    guard page > 0, shown.lowerBound > 0 else { return nil }
    if dice.faults.contains(.torn) { return book.token("PB", to: .offset(max(0, shown.lowerBound - size)), in: list) }
    return book.token("PB", to: .before(shown.isEmpty ? Int.max : keys[shown.lowerBound]), in: list)
  }
}
