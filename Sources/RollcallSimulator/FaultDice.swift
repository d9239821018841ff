import RollcallCore
import RollcallServer

/// A fault of a simulated space. Each is also the name of a built-in scenario.
///
/// Whether one strikes depends only on the seed and the number of the request. Requests that change something are not
/// affected.
package enum Fault: String, CaseIterable, Sendable {
  /// One in three replies is 429: without `Retry-After`, with seconds, or with an HTTP date.
  case throttled
  /// More than half of the replies are 500, 502, 503, a reset, an HTML page with status 200 or 404, or truncated JSON.
  case flaky
  /// Replies take up to 2.4 s or arrive slowly; one in 32 takes 20 s.
  case slow
  /// Pages have at most three rows and are addressed by offset, so that joins and departures skip or repeat rows.
  case torn
  /// One in three lists is from some requests ago.
  case stale
  /// Every page is full and has the same next link.
  case loop
  /// September is abbreviated as `Sept`, and it is September.
  case sept
  /// `""` is written instead of `null`.
  case emptyStrings = "empty-strings"
  /// Participants who have left stay listed as `completed` for three seconds.
  case finishedRows = "finished-rows"
  /// Every row has the status `completed`, even of participants who are in the room.
  case allCompleted = "all-completed"
  /// The participant list of a finished conference is 404 instead of empty.
  case endsNotFound = "ends-404"
  /// The participant list of a conference becomes empty, and the conference ends soon.
  case endsEmpty = "ends-empty"
  /// The provider does not know any call.
  case callsNotFound = "calls-404"
  /// Looking up a call always fails.
  case callsFail = "calls-500"
  /// Replies about calls take three seconds.
  case callsSlow = "calls-slow"
  /// One in five status callbacks is not sent.
  case callbacksLost = "callbacks-lost"
  /// One in three status callbacks is up to five seconds late.
  case callbacksLate = "callbacks-late"
  /// One in three status callbacks is sent again, once or twice, within two seconds.
  case callbacksRepeated = "callbacks-repeated"
  /// Every status callback is up to a second late, so that they arrive in another order.
  case callbacksReordered = "callbacks-reordered"

  /// The faults that concern how rows are written and kept, not how requests are answered.
  static let ofData: Set<Fault> = [.sept, .emptyStrings, .finishedRows, .allCompleted, .endsNotFound, .endsEmpty]
}

/// Decides which faults strike, by the seed and the number of the request.
struct FaultDice: Sendable {
  private static let latest: Duration = .milliseconds(2400)
  private static let longDelay: Duration = .seconds(20)
  private static let callDelay: Duration = .seconds(3)
  private static let page = Array("<!DOCTYPE html><html><body><h1>We'll be right back</h1></body></html>\n".utf8)

  let faults: Set<Fault>
  let seed: UInt64
  var dialect: any SpaceDialect = SignalWireSpace()

  private func random(_ count: UInt64, _ fault: Fault) -> SplitMix64 {
    let place = Fault.allCases.firstIndex(of: fault) ?? 0
    var mixer = SplitMix64(seed: seed, purpose: 100 + UInt64(place))
    return SplitMix64(seed: mixer.next() &+ count)
  }

  /// Returns the reply that replaces the answer, if a fault requires one.
  func refusal(at count: UInt64, date: (Int64) -> String) -> ServerReply? {
    if faults.contains(.throttled), let reply = throttling(count, date: date) { return reply }
    guard faults.contains(.flaky) else { return nil }
    var random = random(count, .flaky)
    switch random.below(12) {
    case 0: return dialect.reply(to: APIError(status: 500, code: 20504, message: "Internal error"))
    case 1: return html(502)
    case 2: return dialect.reply(to: APIError(status: 503, code: 20504, message: "Service unavailable"))
    case 3: return html(200)
    // A gateway's 404 has the same status as the provider's.
    case 6: return html(404)
    default: return nil
    }
  }

  private func throttling(_ count: UInt64, date: (Int64) -> String) -> ServerReply? {
    var random = random(count, .throttled)
    guard random.below(3) == 0 else { return nil }
    var reply = dialect.reply(to: .throttled)
    switch random.below(3) {
    case 0: break
    case 1: reply.headers.append(.init("Retry-After", "1"))
    default: reply.headers.append(.init("Retry-After", date(2000)))
    }
    return reply
  }

  /// Returns the reply that replaces the answer about a call, if a fault requires one.
  func callRefusal(of path: String) -> ServerReply? {
    if faults.contains(.callsNotFound) { return dialect.reply(to: .notFound(path)) }
    guard faults.contains(.callsFail) else { return nil }
    return dialect.reply(to: APIError(status: 500, code: 20504, message: "Internal error"))
  }

  /// Returns an answer with the faults of its delivery.
  func deliver(_ reply: ServerReply, to route: Route, at count: UInt64) -> ServerReply {
    var reply = reply
    if faults.contains(.callsSlow), case .call = route { reply.delay = Self.callDelay }
    if faults.contains(.flaky) {
      var random = random(count, .flaky)
      switch random.below(12) {
      case 4: reply.delivery = .cut(after: random.below(reply.body.count + 1))
      case 5: reply.body.removeLast(min(reply.body.count, 1 + random.below(max(1, reply.body.count / 2))))
      default: break
      }
    }
    if faults.contains(.slow) {
      var random = random(count, .slow)
      switch random.below(32) {
      case 0: reply.delay = Self.longDelay
      case 1...16: reply.delay = .milliseconds(random.below(Int(Self.latest.wholeMilliseconds)))
      case 17...20: reply.delivery = .drip(bytes: 256, every: .milliseconds(20))
      default: break
      }
    }
    return reply
  }

  private static let latestCallback = 5000
  private static let latestRepetition = 2000
  private static let disorder = 1000

  /// Returns how late each copy of a status callback is sent, in milliseconds; none if it is lost.
  func callbackDelays(at count: UInt64) -> [Int64] {
    var lost = random(count, .callbacksLost)
    if faults.contains(.callbacksLost), lost.below(5) == 0 { return [] }
    var delay: Int64 = 0
    var late = random(count, .callbacksLate)
    if faults.contains(.callbacksLate), late.below(3) == 0 { delay += Int64(late.below(Self.latestCallback)) }
    var reordered = random(count, .callbacksReordered)
    if faults.contains(.callbacksReordered) { delay += Int64(reordered.below(Self.disorder)) }
    var repeated = random(count, .callbacksRepeated)
    guard faults.contains(.callbacksRepeated), repeated.below(3) == 0 else { return [delay] }
    let copies = 1 + repeated.below(2)
    return [delay] + (0..<copies).map { _ in delay + Int64(repeated.below(Self.latestRepetition)) }
  }

  /// Returns how many lists old the listed rows are; 0 for the current ones.
  func staleness(at count: UInt64) -> Int {
    guard faults.contains(.stale) else { return 0 }
    var random = random(count, .stale)
    return random.below(3) == 0 ? 1 + random.below(SpaceState.remembered) : 0
  }

  private func html(_ status: Int) -> ServerReply {
    ServerReply(status: status, headers: [.init("Content-Type", "text/html")], body: Self.page)
  }
}
