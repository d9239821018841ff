import RollcallCore
import RollcallServer

/// The whole simulated space behind its lock: rooms, page tokens, and the count of requests.
struct SpaceState: Sendable {
  /// How many earlier lists of a room a stale reply may come from.
  static let remembered = 8

  let account: SpaceAccount
  private(set) var dice: FaultDice
  let start: Timestamp
  var rooms: [SimulatedRoom]
  var book: PageBook
  /// By conference, the rows of the latest lists, newest last.
  var past: [String: [[SimulatedPerson]]] = [:]
  private(set) var requests: UInt64 = 0
  private(set) var now: Int64 = 0

  init(scenario: Scenario, seed: UInt64, start: Timestamp) {
    account = SpaceAccount(seed: seed)
    dice = FaultDice(faults: scenario.faults, seed: seed)
    book = PageBook(seed: seed)
    self.start = scenario.faults.contains(.sept) ? Timestamp(milliseconds: ProviderDate.september) : start
    rooms = scenario.rooms.enumerated().map { index, plan in
      SimulatedRoom(
        plan: plan, keepsFinishedRows: scenario.faults.contains(.finishedRows),
        seed: seed &+ UInt64(index) &* 0x9E37_79B9)
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
    guard account.admits(request) else { return APIError.unauthorised.reply }
    guard let route = Route(path: request.path, project: account.project) else {
      return APIError.notFound(request.path).reply
    }
    let isReading = request.method == .get || request.method == .head
    if isReading, let refusal = dice.refusal(at: requests, date: { self.httpDate(after: $0) }) { return refusal }
    do throws(APIError) {
      let reply = isReading ? try read(route, request) : try write(route, request)
      return isReading ? dice.deliver(reply, at: requests) : reply
    } catch {
      return error.reply
    }
  }

  /// From now on nothing goes wrong any more. What belongs to the data stays: dates, and what stands for null.
  mutating func heal() {
    dice = FaultDice(faults: dice.faults.intersection(Fault.ofData), seed: dice.seed)
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
      return .json(try conferenceList(try ListQuery(request.query)))
    case .conference(let sid):
      let room = try rooms[index(of: sid, request)]
      return .json(JSONOutput.document { rowWriter.write(room, into: &$0) })
    case .participants(let sid):
      let room = try rooms[index(of: sid, request)]
      if room.status == .completed, room.people.isEmpty, dice.faults.contains(.endsNotFound) {
        throw .notFound(request.path)
      }
      return .json(try participantList(of: room, try ListQuery(request.query)))
    case .participant(let sid, let call):
      let room = try rooms[index(of: sid, request)]
      guard let person = room.person(call) else { throw .notFound(request.path) }
      return .json(JSONOutput.document { rowWriter.write(person, of: room, into: &$0) })
    }
  }

  var rowWriter: RowWriter { RowWriter(project: account.project, start: start, faults: dice.faults) }

  func index(of sid: String, _ request: ServerRequest) throws(APIError) -> Int {
    guard let index = rooms.firstIndex(where: { $0.sid == sid }) else { throw .notFound(request.path) }
    return index
  }

  private func httpDate(after milliseconds: Int64) -> String {
    ProviderDate.text(start.milliseconds + now + milliseconds, zone: "GMT")
  }
}
