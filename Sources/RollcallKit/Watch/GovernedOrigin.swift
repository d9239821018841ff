import RollcallCore
import Synchronization

/// The origin of a watch, shared by all pollers: performs what its governor decides.
final class GovernedOrigin: Sendable {
  typealias Source = OriginGovernor.Source

  private struct State {
    var governor: OriginGovernor
    var random: Jitter
    /// The timer on which discovery waits while it may not send requests.
    var sleeper: SleepTimer?
    var hasReportedCalls = false
    var trustsETags = true
  }

  let loop: EventLoop
  private let token: CurrentToken
  private let clock: StreamClock
  private let notify: @Sendable (PollNotice) -> Void
  private let state: Mutex<State>

  init(
    on loop: EventLoop, clock: StreamClock, token: CurrentToken, budget: RequestBudget,
    notify: @escaping @Sendable (PollNotice) -> Void
  ) {
    self.loop = loop
    self.clock = clock
    self.token = token
    self.notify = notify
    state = Mutex(State(governor: OriginGovernor(budget), random: loop.jitter()))
  }

  private var now: Timestamp { Timestamp(loop.now) }

  /// Gives a closure exclusive access to the governor.
  func govern<Result: Sendable>(
    _ body: (inout OriginGovernor, Timestamp) -> sending Result
  ) -> Result {
    let now = now
    return state.withLock { body(&$0.governor, now) }
  }

  var budget: RequestBudget { govern { governor, _ in governor.budget } }

  // MARK: Turns

  /// Takes the next turn of a poll. While the token is refused, it is reloaded before each turn.
  func nextTurn() -> OriginGovernor.Turn? {
    let (turn, isAttempt) = govern { governor, now in
      let turn = governor.nextTurn(at: now)
      return (turn, governor.isRefused)
    }
    if isAttempt, case .poll = turn { token.renew() }
    return turn
  }

  /// Waits until discovery may send a request. While the token is refused, it is reloaded before each attempt.
  ///
  /// - Parameter isPatient: whether to wait instead of returning the reason.
  /// - Returns: why it may not; nil if it may, or if the task was cancelled.
  func admitDiscovery(isPatient: Bool) async -> OriginGovernor.Suspension? {
    while !Task.isCancelled {
      let (suspension, isAttempt) = govern { governor, now in
        (governor.admitDiscovery(at: now), governor.isRefused)
      }
      guard let suspension else {
        if isAttempt { token.renew() }
        return nil
      }
      guard isPatient else { return suspension }
      await sleep(until: BootInstant(suspension.until))
    }
    return nil
  }

  /// Sleeps until a given time, or until discovery may send a request earlier.
  func sleep(until moment: BootInstant) async {
    let timer = loop.timer(for: moment)
    state.withLock { $0.sleeper = timer }
    try? await loop.sleep(timer)
    state.withLock { state in
      if state.sleeper === timer { state.sleeper = nil }
    }
  }

  // MARK: Replies

  /// Handles the reply to a request for a list, or its absence.
  func answered(_ source: Source, _ failure: ScanFailure? = nil) {
    let reopens = govern { governor, now in
      let wasRefused = governor.isRefused
      governor.answered(source, failure, at: now)
      return wasRefused && !governor.isRefused
    }
    if reopens { wakeDiscovery() }
  }

  /// Applies what any other reply demands of all requests.
  func heed(_ demand: OriginGovernor.Demand) {
    govern { governor, now in governor.heed(demand, at: now) }
  }

  /// Reloads the token, and tries it at once if the old one was refused.
  func renewToken() {
    token.renew()
    govern { governor, now in governor.renewed(at: now) }
    wakeDiscovery()
  }

  /// Reloads the token if its file has changed.
  ///
  /// - Returns: whether it has changed.
  func renewChangedToken() -> Bool {
    guard token.hasChanged() else { return false }
    renewToken()
    return true
  }

  /// Wakes discovery, so that it checks again whether it may send requests.
  func wakeDiscovery() {
    if let sleeper = state.withLock({ $0.sleeper }) { loop.wake(sleeper) }
  }

  // MARK: Outcomes

  /// Handles the outcome of a poll or of a discovery request.
  ///
  /// - Parameter minimumPause: the minimum time from a complete poll, or look at the list, to the next.
  /// - Returns: the notice to show while the watch goes on.
  func ended(_ source: Source, _ outcome: PollOutcome, minimumPause: Duration = .zero) -> OriginGovernor.Notice? {
    let (now, streamTime) = (now, clock.now)
    return state.withLock { state in
      state.governor.ended(
        source, outcome, minimumPause: minimumPause, at: now, streamTime: streamTime, using: &state.random)
    }
  }

  /// Removes a source that is no longer requested while the watch goes on.
  func remove(_ source: Source) { show(govern { governor, _ in governor.remove(source) }) }

  /// - Parameter timeLeft: how long the start still retries before it gives up; nil if the watch goes on.
  func show(_ notice: OriginGovernor.Notice?, timeLeft: Duration? = nil) {
    if let notice { notify(.origin(notice, timeLeft: timeLeft)) }
  }

  /// Whether requests may be conditional on an `ETag`.
  var trustsETags: Bool { state.withLock(\.trustsETags) }

  /// Makes all further requests unconditional, because the provider gave one tag to two different pages.
  func distrustETags() {
    let isNews = state.withLock { state in
      defer { state.trustsETags = false }
      return state.trustsETags
    }
    if isNews { notify(.etagsRepeat) }
  }

  /// Shows, once, that the provider refuses call look-ups.
  func callsAreRefused() {
    let isNews = state.withLock { state in
      defer { state.hasReportedCalls = true }
      return !state.hasReportedCalls
    }
    if isNews { notify(.callsRefused) }
  }
}

/// Counts the requests sent to the origin.
struct GovernedTransport: HTTPTransport {
  let base: any HTTPTransport
  let origin: GovernedOrigin

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    origin.govern { governor, now in governor.withBudget { $0.send(at: now) } }
    defer { origin.govern { governor, _ in governor.withBudget { $0.received() } } }
    return try await base.send(request)
  }
}

/// Counts the requests of discovery, which leaves most of the budget to polls.
struct ListTransport: HTTPTransport {
  let base: any HTTPTransport
  let origin: GovernedOrigin

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    origin.govern { governor, _ in governor.sendListRequest() }
    return try await base.send(request)
  }
}
