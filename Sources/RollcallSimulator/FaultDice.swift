import RollcallCore
import RollcallServer

/// What is wrong with a simulated space. Each is also the name of a built-in scenario.
///
/// Whether one strikes depends on the seed and on the count of requests only. Requests that change something are spared.
package enum Fault: String, CaseIterable, Sendable {
  /// Every third reply is 429: without `Retry-After`, with seconds, with an HTTP date.
  case throttled
  /// Half of the replies are 500, 502, 503, a reset, an HTML page with status 200 or 404, or JSON that breaks off.
  case flaky
  /// Replies take up to 2.4 s or drip; one of 32 takes 20 s.
  case slow
  /// Pages of at most three rows by offset, so that rows are skipped or come twice while people come and go.
  case torn
  /// Every third list is one that was true some requests ago.
  case stale
  /// Every page is full and has the same next link.
  case loop
  /// The month of September is written `Sept`, and it is September.
  case sept
  /// `""` stands where `null` should.
  case emptyStrings = "empty-strings"
  /// Who has left stays in the list as `completed` for three seconds.
  case finishedRows = "finished-rows"
  /// Every row says `completed`, also of people who are there.
  case allCompleted = "all-completed"
  /// The participant list of a finished conference is 404 (else it is empty).
  case endsNotFound = "ends-404"
  /// The participant list of a finished conference is empty, and the conference soon ends.
  case endsEmpty = "ends-empty"
  /// The provider knows nobody's call.
  case callsNotFound = "calls-404"
  /// Nobody's call can be had.
  case callsFail = "calls-500"
  /// Replies about calls take three seconds.
  case callsSlow = "calls-slow"

  /// Those that are a matter of how rows are written and kept, not of how requests are answered.
  static let ofData: Set<Fault> = [.sept, .emptyStrings, .finishedRows, .allCompleted, .endsNotFound, .endsEmpty]
}

/// Decides by seed and count of requests what goes wrong.
struct FaultDice: Sendable {
  private static let latest: Duration = .milliseconds(2400)
  private static let stall: Duration = .seconds(20)
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

  /// The reply that comes instead of an answer, if one does.
  func refusal(at count: UInt64, date: (Int64) -> String) -> ServerReply? {
    if faults.contains(.throttled), let reply = throttling(count, date: date) { return reply }
    guard faults.contains(.flaky) else { return nil }
    var random = random(count, .flaky)
    switch random.below(12) {
    case 0: return dialect.reply(to: APIError(status: 500, code: 20504, message: "Internal error"))
    case 1: return html(502)
    case 2: return dialect.reply(to: APIError(status: 503, code: 20504, message: "Service unavailable"))
    case 3: return html(200)
    // A gateway's 404 looks like the provider's to whoever reads the status alone.
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

  /// The reply that comes instead of a call.
  func callRefusal(of path: String) -> ServerReply? {
    if faults.contains(.callsNotFound) { return dialect.reply(to: .notFound(path)) }
    guard faults.contains(.callsFail) else { return nil }
    return dialect.reply(to: APIError(status: 500, code: 20504, message: "Internal error"))
  }

  /// How an answer is delivered.
  func deliver(_ reply: ServerReply, to route: Route, at count: UInt64) -> ServerReply {
    var reply = reply
    if faults.contains(.callsSlow), case .call = route { reply.delay = Self.callDelay }
    if faults.contains(.flaky) {
      var random = random(count, .flaky)
      switch random.below(12) {
      case 4: reply.delivery = .cut(after: random.below(reply.body.count + 1))
      case 5: reply.body.removeLast(1 + random.below(max(1, reply.body.count / 2)))
      default: break
      }
    }
    if faults.contains(.slow) {
      var random = random(count, .slow)
      switch random.below(32) {
      case 0: reply.delay = Self.stall
      case 1...16: reply.delay = .milliseconds(random.below(Int(Self.latest.wholeMilliseconds)))
      case 17...20: reply.delivery = .drip(bytes: 256, every: .milliseconds(20))
      default: break
      }
    }
    return reply
  }

  /// How many lists ago the one was true that is shown; 0 is the present one.
  func staleness(at count: UInt64) -> Int {
    guard faults.contains(.stale) else { return 0 }
    var random = random(count, .stale)
    return random.below(3) == 0 ? 1 + random.below(SpaceState.remembered) : 0
  }

  private func html(_ status: Int) -> ServerReply {
    ServerReply(status: status, headers: [.init("Content-Type", "text/html")], body: Self.page)
  }
}
