import RollcallCore
import RollcallServer

/// The whole simulated space behind its lock: rooms, page tokens, and the count of requests.
struct SpaceState: Sendable {
  /// So many calls are counted, which is more than any test asks for.
  private static let countedCalls = 100_000
  /// How many earlier lists of a room a stale reply may come from.
  static let remembered = 8

  let account: SpaceAccount
  let dialect: any SpaceDialect
  private(set) var dice: FaultDice
  let start: Timestamp
  var rooms: [SimulatedRoom]
  var book: PageBook
  /// By conference, the rows of the latest lists, newest last.
  var past: [String: [[SimulatedPerson]]] = [:]
  private(set) var requests: UInt64 = 0
  /// How often each call was asked for.
  private(set) var callRequests: [String: Int] = [:]
  private(set) var now: Int64 = 0

  init(scenario: Scenario, seed: UInt64, start: Timestamp, dialect: any SpaceDialect) {
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
  }

  /// Answers one request as of so many milliseconds since the space began.
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

  /// What somebody gets who does not ask for JSON.
  private static var xml: ServerReply {
    let body = Array("<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse></TwilioResponse>".utf8)
    return ServerReply(status: 200, headers: [.init("Content-Type", "application/xml")], body: body)
  }

  /// From now on nothing goes wrong any more. What belongs to the data stays: dates, and what stands for null.
  mutating func heal() {
    dice = FaultDice(faults: dice.faults.intersection(Fault.ofData), seed: dice.seed, dialect: dialect)
    past = [:]
  }

  /// Lets all rooms live until this moment.
  mutating func advance(to moment: Int64) {
    now = max(now, moment)
    for index in rooms.indices { rooms[index].advance(to: now) }
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

  /// A call is known as long as somebody's row is in a room.
  private mutating func call(_ sid: String, _ request: ServerRequest) throws(APIError) -> [UInt8] {
    for room in rooms {
      guard let person = room.person(sid) else { continue }
      return JSONOutput.document { rowWriter.writeCall(of: person, in: room, into: &$0) }
    }
    throw .notFound(request.path)
  }

  var rowWriter: RowWriter { RowWriter(project: account.project, start: start, faults: dice.faults, dialect: dialect) }

  func index(of sid: String, _ request: ServerRequest) throws(APIError) -> Int {
    if let index = rooms.firstIndex(where: { $0.sid == sid }) { return index }
    throw dialect.isConferenceSID(sid) ? .notFound(request.path) : .methodRefused
  }

  private func httpDate(after milliseconds: Int64) -> String {
    ProviderDate.text(start.milliseconds + now + milliseconds, zone: "GMT")
  }
}
