import RollcallCore
import RollcallServer

/// The state of a simulated space: rooms, page tokens and request counts.
struct SpaceState: Sendable {
  /// The maximum number of calls whose look-ups are counted, more than any test makes.
  private static let countedCalls = 100_000
  /// The number of earlier lists of a room that a stale reply may come from.
  static let remembered = 8

  let account: SpaceAccount
  let dialect: any SpaceDialect
  private(set) var dice: FaultDice
  let start: Timestamp
  var rooms: [SimulatedRoom]
  private var book: PageBook
  /// The rows of the latest lists of each conference, newest last.
  private var past: [String: [[SimulatedPerson]]] = [:]
  private(set) var requests: UInt64 = 0
  /// The number of look-ups of each call.
  private(set) var callRequests: [String: Int] = [:]
  private(set) var now: Int64 = 0
  /// nil if the space sends no status callbacks.
  private var outbox: CallbackOutbox?

  init(scenario: Scenario, seed: UInt64, start: Timestamp, dialect: any SpaceDialect, callsBack: Bool = false) {
    self.dialect = dialect
    account = SpaceAccount(seed: seed, dialect: dialect)
    dice = FaultDice(faults: scenario.faults, seed: seed, dialect: dialect)
    book = PageBook(seed: seed, dialect: dialect)
    self.start = scenario.faults.contains(.sept) ? Timestamp(milliseconds: ProviderDate.september) : start
    rooms = scenario.rooms.enumerated().map { index, plan in
      SimulatedRoom(
        plan: plan, keepsFinishedRows: scenario.faults.contains(.finishedRows),
        seed: seed &+ UInt64(index) &* 0x9E37_79B9, dialect: dialect)
    }
    guard callsBack else { return }
    outbox = CallbackOutbox(account: account.project, start: self.start, dialect: dialect)
    for index in rooms.indices { rooms[index].announces = true }
  }

  /// Answers a request at a time in milliseconds since the space began.
  mutating func reply(to request: ServerRequest, at moment: Int64) -> ServerReply {
    requests += 1
    advance(to: moment)
    var reply = answer(request)
    reply.headers.append(.init("Date", httpDate(after: 0)))
    return reply
  }

  private mutating func answer(_ request: ServerRequest) -> ServerReply {
    guard account.admits(request) else { return dialect.reply(to: .unauthorised) }
    guard let route = Route(path: request.path, project: account.project, dialect: dialect) else {
      return dialect.reply(to: .notFound(request.path))
    }
    guard request.path.hasSuffix(dialect.requiredSuffix) else { return Self.xml }
    if case .call(let sid) = route, callRequests.count < Self.countedCalls { callRequests[sid, default: 0] += 1 }
    let isReading = request.method == .get || request.method == .head
    if isReading, let refusal = dice.refusal(at: requests, date: { self.httpDate(after: $0) }) { return refusal }
    if case .call = route, let refusal = dice.callRefusal(of: request.path) { return refusal }
    do throws(APIError) {
      let reply = isReading ? try read(route, request) : try write(route, request)
      return isReading ? dice.deliver(reply, to: route, at: requests) : reply
    } catch {
      return dialect.reply(to: error)
    }
  }

  /// The reply to a request without the suffix for JSON.
  private static var xml: ServerReply {
    let body = Array("<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse></TwilioResponse>".utf8)
    return ServerReply(status: 200, headers: [.init("Content-Type", "application/xml")], body: body)
  }

  /// Ends all faults except those of the data, such as dates and the form of null.
  mutating func heal() {
    dice = FaultDice(faults: dice.faults.intersection(Fault.ofData), seed: dice.seed, dialect: dialect)
    past = [:]
  }

  /// Advances all rooms to a time.
  mutating func advance(to moment: Int64) {
    now = max(now, moment)
    for index in rooms.indices { rooms[index].advance(to: now) }
  }

  /// Removes and returns the status callbacks that are due.
  mutating func takeCallbacks(at moment: Int64) -> [SimulatedCallback] {
    advance(to: moment)
    guard var outbox else { return [] }
    for index in rooms.indices {
      for announcement in rooms[index].takeAnnouncements() { outbox.add(announcement, of: rooms[index], dice) }
    }
    defer { self.outbox = outbox }
    return outbox.take(dueAt: now)
  }

  private mutating func read(_ route: Route, _ request: ServerRequest) throws(APIError) -> ServerReply {
    switch route {
    case .conferences:
      return .json(try conferenceList(try ListQuery(request.query, size: dialect.pageSize)))
    case .conference(let sid):
      let room = try rooms[index(of: sid, request)]
      return .json(JSONOutput.document { rowWriter.write(room, into: &$0) })
    case .call(let sid): return .json(try call(sid, request))
    case .participants(let sid):
      let room = try rooms[index(of: sid, request)]
      if room.status == .completed, room.people.isEmpty, dice.faults.contains(.endsNotFound) {
        throw .notFound(request.path)
      }
      return .json(try participantList(of: room, try ListQuery(request.query, size: dialect.pageSize)))
    case .participant(let sid, let call):
      let room = try rooms[index(of: sid, request)]
      guard let person = room.person(call) else { throw .notFound(request.path) }
      return .json(JSONOutput.document { rowWriter.write(person, of: room, into: &$0) })
    }
  }

  /// Returns a call, which is known while it has a row in a room.
  private mutating func call(_ sid: String, _ request: ServerRequest) throws(APIError) -> [UInt8] {
    for room in rooms {
      guard let person = room.person(sid) else { continue }
      return JSONOutput.document { rowWriter.writeCall(of: person, in: room, into: &$0) }
    }
    throw .notFound(request.path)
  }

  private var rowWriter: RowWriter {
    RowWriter(project: account.project, start: start, faults: dice.faults, dialect: dialect)
  }

  private func index(of sid: String, _ request: ServerRequest) throws(APIError) -> Int {
    if let index = rooms.firstIndex(where: { $0.sid == sid }) { return index }
    throw dialect.isConferenceSID(sid) ? .notFound(request.path) : .methodRefused
  }

  private func httpDate(after milliseconds: Int64) -> String {
    ProviderDate.text(start.milliseconds + now + milliseconds, zone: "GMT")
  }
}

// MARK: Reading

extension SpaceState {
  /// The maximum number of rows in a page with torn paging.
  private static let tornSize = 3

  private mutating func participantList(of room: SimulatedRoom, _ query: ListQuery) throws(APIError) -> [UInt8] {
    let rowWriter = rowWriter
    let rows = remember(room).filter { person in
      (query.muted ?? person.muted) == person.muted && (query.hold ?? person.hold) == person.hold
        && (!dialect.filtersByCoaching || (query.coaching ?? person.coaching) == person.coaching)
    }
    return try list(.participants(room.sid), query, keys: rows.map(\.order), named: "participants") { index, output in
      rowWriter.write(rows[index], of: room, into: &output)
    }
  }

  private mutating func conferenceList(_ query: ListQuery) throws(APIError) -> [UInt8] {
    let found = rooms.indices.filter { index in
      (query.status ?? rooms[index].status.rawValue) == rooms[index].status.rawValue
        && (query.friendlyName ?? rooms[index].friendlyName) == rooms[index].friendlyName
        && isOfDays(query.days, rooms[index])
    }
    let listed = rooms
    let rowWriter = rowWriter
    return try list(.conferences, query, keys: Array(found), named: "conferences") { index, output in
      rowWriter.write(listed[found[index]], into: &output)
    }
  }

  private func isOfDays(_ filters: [DayFilter], _ room: SimulatedRoom) -> Bool {
    guard !filters.isEmpty else { return true }
    let created = ProviderDate.day(start.milliseconds)
    let updated = ProviderDate.day(start.milliseconds + room.updatedAt)
    return filters.allSatisfy { $0.admits(created: created, updated: updated) }
  }

  /// Returns the rows to list, which are sometimes old ones if lists are stale.
  private mutating func remember(_ room: SimulatedRoom) -> [SimulatedPerson] {
    guard dice.faults.contains(.stale) else { return room.people }
    var lists = past[room.sid] ?? []
    lists.append(room.people)
    past[room.sid] = lists.suffix(Self.remembered + 1)
    let age = min(dice.staleness(at: requests), lists.count - 1)
    return lists[lists.count - 1 - age]
  }

  private mutating func list(
    _ route: Route, _ listQuery: ListQuery, keys: [Int], named name: String,
    row: (Int, inout JSONOutput) -> Void
  ) throws(APIError) -> [UInt8] {
    var query = listQuery
    if dice.faults.contains(.torn) { query.size = min(query.size, Self.tornSize) }
    let path = rowWriter.path(route) + dialect.linkSuffix
    let list = "\(path)?\(query.link(page: 0, token: nil))"
    let range = PageBook.rows(at: try cursor(query, in: list), size: query.size, of: keys)
    let next = nextToken(after: range, of: keys, in: list)
    let previous = previousToken(before: range, of: keys, page: query.page, size: query.size, in: list)
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
          output.member("start", range.lowerBound)
          output.member("end", max(range.lowerBound, range.upperBound - 1))
        }
        output.member("page", query.page)
        // With looping links every page must look full, or the link back could pass for a harmless mistake.
        output.member("page_size", dice.faults.contains(.loop) ? range.count : query.size)
        output.key(name)
        output.array { output in
          for index in range { row(index, &output) }
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

  private mutating func nextToken(after range: Range<Int>, of keys: [Int], in list: String) -> String? {
    if dice.faults.contains(.loop) { return book.token("PA", to: .start, in: list) }
    guard range.upperBound < keys.count, !range.isEmpty else { return nil }
    let isTorn = dice.faults.contains(.torn)
    return book.token("PA", to: isTorn ? .offset(range.upperBound) : .after(keys[range.upperBound - 1]), in: list)
  }

  private mutating func previousToken(
    before range: Range<Int>, of keys: [Int], page: Int, size: Int, in list: String
  ) -> String? {
    guard page > 0, range.lowerBound > 0 else { return nil }
    if dice.faults.contains(.torn) { return book.token("PB", to: .offset(max(0, range.lowerBound - size)), in: list) }
    return book.token("PB", to: .before(range.isEmpty ? Int.max : keys[range.lowerBound]), in: list)
  }
}

// MARK: Writing

extension SpaceState {
  private mutating func write(_ route: Route, _ request: ServerRequest) throws(APIError) -> ServerReply {
    let fields = WriteRequest.fields(of: request)
    switch (route, request.method) {
    case (.conference(let sid), .post):
      return try updateConference(at: index(of: sid, request), fields)
    case (.participants(let sid), .post):
      return try addParticipant(to: index(of: sid, request), fields)
    case (.participant(let sid, let call), .post):
      return try updateParticipant(call, at: index(of: sid, request), fields, request)
    case (.participant(let sid, let call), .delete):
      let place = try index(of: sid, request)
      guard isPresent(call, at: place) else { throw .notFound(request.path) }
      rooms[place].remove(call)
      return ServerReply(status: 204)
    case (.conferences, _), (.conference, _), (.participants, _), (.participant, _), (.call, _):
      throw .methodRefused
    }
  }

  private mutating func updateConference(at place: Int, _ fields: FormFields) throws(APIError) -> ServerReply {
    if let status = fields["Status"] {
      guard status == SimulatedRoom.Status.completed.rawValue else { throw .invalid("Status") }
      guard rooms[place].status != .completed else { throw .over }
      rooms[place].end()
    }
    let room = rooms[place]
    return .json(JSONOutput.document { rowWriter.write(room, into: &$0) })
  }

  /// Adds a participant whom the service calls and who, if the provider lists ringing calls, answers a moment later.
  private mutating func addParticipant(to place: Int, _ fields: FormFields) throws(APIError) -> ServerReply {
    guard rooms[place].status != .completed else { throw .over }
    let changes = try Changes(fields)
    try check(changes, at: place)
    let call = SimulatedCall(from: fields["From"] ?? SimulatedCall.service, to: fields["To"] ?? "")
    let person = rooms[place].enter(by: call, after: dialect.ringing) { person in
      person.label = fields["Label"]
      changes.apply(to: &person)
    }
    let room = rooms[place]
    return .json(JSONOutput.document { rowWriter.write(person, of: room, into: &$0) }, status: 201)
  }

  private mutating func updateParticipant(
    _ call: String, at place: Int, _ fields: FormFields, _ request: ServerRequest
  ) throws(APIError) -> ServerReply {
    guard isPresent(call, at: place) else { throw .notFound(request.path) }
    let changes = try Changes(fields)
    try check(changes, at: place)
    rooms[place].change(call) { changes.apply(to: &$0) }
    let room = rooms[place]
    guard let person = room.person(call) else { throw .notFound(request.path) }
    return .json(JSONOutput.document { rowWriter.write(person, of: room, into: &$0) })
  }

  private func isPresent(_ call: String, at place: Int) -> Bool {
    rooms[place].person(call).map { $0.leftAt == nil } ?? false
  }

  private func check(_ changes: Changes, at place: Int) throws(APIError) {
    guard case .coach(let target) = changes.target else { return }
    guard isPresent(target, at: place) else { throw .noTarget }
  }

  /// The requested changes; absent fields change nothing.
  private struct Changes {
    enum Target {
      case keep
      case stop
      case coach(String)
    }

    var muted: Bool?
    var hold: Bool?
    var coaching: Bool?
    var startsOnEnter: Bool?
    var endsOnExit: Bool?
    var target = Target.keep

    init(_ fields: FormFields) throws(APIError) {
      muted = try ListQuery.flag("Muted", in: fields)
      hold = try ListQuery.flag("Hold", in: fields)
      coaching = try ListQuery.flag("Coaching", in: fields)
      startsOnEnter = try ListQuery.flag("StartConferenceOnEnter", in: fields)
      endsOnExit = try ListQuery.flag("EndConferenceOnExit", in: fields)
      if let sid = fields["CallSidToCoach"] { target = sid.isEmpty ? .stop : .coach(sid) }
    }

    func apply(to person: inout SimulatedPerson) {
      person.muted = muted ?? person.muted
      person.hold = hold ?? person.hold
      person.startsOnEnter = startsOnEnter ?? person.startsOnEnter
      person.endsOnExit = endsOnExit ?? person.endsOnExit
      person.coaching = coaching ?? person.coaching
      switch target {
      case .keep: break
      case .stop:
        person.target = nil
        person.coaching = false
      case .coach(let sid): person.target = sid
      }
      if !person.coaching { person.target = nil }
    }
  }
}
