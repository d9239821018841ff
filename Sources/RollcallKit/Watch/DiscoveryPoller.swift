import RollcallCore

/// Discovers conferences: requests the list when it is due, and passes the answers to its reducer.
actor DiscoveryPoller {
  private let loop: EventLoop
  private let clock: StreamClock
  private let api: ConferenceAPI
  private let origin: GovernedOrigin
  /// The requests of the current discovery.
  private let requests = RequestCount()
  /// The number of requests of the last discovery.
  private var lastRequests = 0
  private let start: BootInstant
  /// When the last discovery ended, and how long to pause after it.
  private var last: (end: BootInstant, pause: Duration)
  private var hasFailed = false
  /// Whether a hint named a conference that the last look had not found.
  private var isHinted = false
  private var discovery: ConferenceDiscovery
  private var lastFailure = ScanFailure.unreachable(reason: "no complete list in time")

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  init(
    _ discovery: ConferenceDiscovery, on loop: EventLoop, clock: StreamClock, api: ConferenceAPI, origin: GovernedOrigin
  ) {
    self.discovery = discovery
    self.loop = loop
    self.clock = clock
    self.api = api.withTransport { [requests] in CountedTransport(base: $0, count: requests) }
    self.origin = origin
    start = loop.now
    last = (start, .zero)
    origin.govern { governor, _ in governor.addDiscovery() }
  }

  /// Returns the actions before the first discovery.
  func begin() -> [ConferenceDiscovery.Action] { discovery.start() }

  /// Waits until the list is due, and requests it.
  ///
  /// - Returns: the actions that follow; for `askAgain`, call this again. Empty if the task was cancelled.
  func look() async -> [ConferenceDiscovery.Action] {
    lastRequests = requests.take()
    // The conferences found last are among the polls by now.
    if dueAt > loop.now { await origin.sleep(until: dueAt) }
    // A hint ends that sleep before a look that it brings forward is due.
    if isHinted, dueAt > loop.now { await origin.sleep(until: dueAt) }
    isHinted = false
    // At the start this does not wait, so that the reducer can give up in time.
    if let closure = await origin.admitDiscovery(isPatient: !discovery.isStart) {
      return note(failed(closure.failure, retryingIn: loop.now.duration(to: BootInstant(closure.until))))
    }
    return Task.isCancelled ? [] : note(await askInTime())
  }

  /// Takes a hint of a conference that is not watched: the next look is brought forward, unless the last one failed.
  ///
  /// - Returns: false if the conference is over.
  func hint(_ conference: ConferenceSID) -> Bool {
    guard !discovery.isOver(conference) else { return false }
    guard !isHinted else { return true }
    isHinted = true
    origin.wakeDiscovery()
    return true
  }

  /// When the next look is due.
  private var dueAt: BootInstant {
    let pause = isHinted && !hasFailed ? min(last.pause, ConferenceDiscovery.shortestPause) : last.pause
    return last.end.advanced(by: max(pause, origin.budget.pause(afterListing: lastRequests)))
  }

  /// Records that a conference that discovery found is no longer polled.
  func pollingEnded(_ conference: ConferenceSID, _ outcome: PollOutcome) -> [ConferenceDiscovery.Action] {
    discovery.pollingEnded(conference, outcome)
  }

  /// Whether complete answers arrive in time, judged by the pause of an origin that does not throttle.
  var health: ConferenceDiscovery.Health {
    discovery.health(after: elapsed, leastPause: origin.budget.usualPause(afterListing: lastRequests))
  }

  /// When the last complete answer was asked for; nil if there has been none in this run.
  var answerAskedAt: Timestamp? { discovery.answerAskedAt }

  private var elapsed: Duration { start.duration(to: loop.now) }

  private func failed(_ failure: ScanFailure, retryingIn delay: Duration) -> [ConferenceDiscovery.Action] {
    lastFailure = failure
    hasFailed = true
    let isRefused = origin.govern { governor, _ in governor.isRefused(.discovery) }
    return discovery.failed(failure, after: elapsed, retryingIn: delay, isRefused: isRefused)
  }

  private func note(_ actions: [ConferenceDiscovery.Action]) -> [ConferenceDiscovery.Action] {
    for case .askAgain(let pause) in actions { last = (loop.now, pause) }
    return actions
  }

  /// Requests the list, but no longer than the start may take.
  private func askInTime() async -> [ConferenceDiscovery.Action] {
    guard let deadline = discovery.startDeadline.map(start.advanced) else { return await ask() }
    if deadline > loop.now, let actions = await loop.perform(until: deadline, { await self.ask() }) { return actions }
    return failed(lastFailure, retryingIn: .zero)
  }

  private func ask() async -> [ConferenceDiscovery.Action] {
    discovery.begin(at: clock.now, after: elapsed)
    do throws(ScanFailure) {
      var listed: [ConferenceDiscovery.Candidate] = []
      for status in ConferenceDiscovery.statuses {
        listed += try await api.conferences(named: discovery.selection.queriedName, status: status).map(\.candidate)
      }
      origin.answered(.discovery)
      hasFailed = false
      origin.show(origin.ended(.discovery, .complete))
      return discovery.answered(listed, after: elapsed)
    } catch {
      if Task.isCancelled { return [] }
      origin.answered(.discovery, error)
      return report(error)
    }
  }

  /// Handles a failed answer, and shows it if the run goes on.
  private func report(_ failure: ScanFailure) -> [ConferenceDiscovery.Action] {
    let notice = origin.ended(.discovery, .failed(failure))
    let delay = origin.govern { governor, _ in governor.retryDelay(.discovery) }
    // A second refusal will end the run.
    let endsSoon = failure.isRefusal && discovery.isStart && !discovery.isPatient
    let actions = failed(failure, retryingIn: delay)
    for case .askAgain in actions where !endsSoon { origin.show(notice) }
    return actions
  }
}

extension Conference {
  fileprivate var candidate: ConferenceDiscovery.Candidate {
    ConferenceDiscovery.Candidate(sid: sid, friendlyName: friendlyName, status: status)
  }
}
