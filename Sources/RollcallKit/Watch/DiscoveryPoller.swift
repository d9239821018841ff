import RollcallCore

/// Discovers conferences: requests the list when it is due, and passes the answers to its reducer.
actor DiscoveryPoller {
  private let loop: EventLoop
  private let clock: StreamClock
  private let api: ConferenceAPI
  private let origin: GovernedOrigin
  private let start: BootInstant
  private var discovery: ConferenceDiscovery
  private var lastFailure = ScanFailure.unreachable(reason: "no complete list in time")

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  init(
    _ discovery: ConferenceDiscovery, on loop: EventLoop, clock: StreamClock, api: ConferenceAPI, origin: GovernedOrigin
  ) {
    self.discovery = discovery
    self.loop = loop
    self.clock = clock
    self.api = api.withTransport { ListTransport(base: $0, origin: origin) }
    self.origin = origin
    start = loop.now
    origin.govern { governor, now in governor.addDiscovery(at: now) }
  }

  /// Starts discovery, and returns the actions to perform before the first look.
  func begin() -> [ConferenceDiscovery.Action] { discovery.start() }

  /// Waits until the list is due, and requests it.
  ///
  /// - Returns: the actions that follow; for `askAgain`, call this again. Empty if the task was cancelled.
  func look() async -> [ConferenceDiscovery.Action] {
    // Whatever wakes it early may have brought the look forward to a time that is still ahead.
    while !Task.isCancelled, loop.now < dueAt { await origin.sleep(until: dueAt) }
    // At the start, does not wait for permission, so that the reducer can give up in time.
    if let suspension = await origin.admitDiscovery(isPatient: !discovery.isStart) {
      origin.govern { governor, now in governor.postponeDiscovery(until: suspension.until, at: now) }
      return failed(suspension.failure)
    }
    return Task.isCancelled ? [] : await askInTime()
  }

  /// Handles a hint about an unwatched conference: brings the next look forward unless the last one failed.
  ///
  /// - Returns: false if the conference is over.
  func hint(_ conference: ConferenceSID) -> Bool {
    guard !discovery.isOver(conference) else { return false }
    if origin.govern({ governor, _ in governor.hintDiscovery() }) { origin.wakeDiscovery() }
    return true
  }

  /// When the next look is due. At the start it is no later than the deadline, so that the start ends in time.
  private var dueAt: BootInstant {
    let due = BootInstant(origin.govern { governor, now in governor.due(.discovery) ?? now })
    return deadline.map { min(due, $0) } ?? due
  }

  private var deadline: BootInstant? { discovery.startDeadline.map(start.advanced) }

  /// Records that a discovered conference is no longer polled.
  func pollingEnded(_ conference: ConferenceSID, _ outcome: PollOutcome) -> [ConferenceDiscovery.Action] {
    discovery.pollingEnded(conference, outcome)
  }

  /// Whether complete answers arrive in time, judged by the pause that applies while the origin does not throttle.
  var health: ConferenceDiscovery.Health {
    discovery.health(after: elapsed, minimumPause: origin.govern { governor, _ in governor.usualDiscoveryPause })
  }

  /// When the last complete answer was requested; nil if there has been none in this run.
  var answerAskedAt: Timestamp? { discovery.answerAskedAt }

  private var elapsed: Duration { start.duration(to: loop.now) }

  private func failed(_ failure: ScanFailure) -> [ConferenceDiscovery.Action] {
    lastFailure = failure
    let isRefused = origin.govern { governor, _ in governor.isRefused(.discovery) }
    return discovery.failed(failure, after: elapsed, isRefused: isRefused)
  }

  /// Requests the list; at the start, only until the deadline.
  private func askInTime() async -> [ConferenceDiscovery.Action] {
    guard let deadline else { return await ask() }
    if deadline > loop.now, let actions = await loop.perform(until: deadline, { await self.ask() }) { return actions }
    return failed(lastFailure)
  }

  private func ask() async -> [ConferenceDiscovery.Action] {
    discovery.begin(at: clock.now, after: elapsed)
    do throws(ScanFailure) {
      var listed: [ConferenceDiscovery.Candidate] = []
      for status in ConferenceDiscovery.statuses {
        listed += try await api.conferences(named: discovery.selection.queriedName, status: status).map(\.candidate)
      }
      origin.answered(.discovery)
      let actions = discovery.answered(listed, after: elapsed)
      origin.show(origin.ended(.discovery, .complete, minimumPause: discovery.pause))
      return actions
    } catch {
      if Task.isCancelled { return [] }
      origin.answered(.discovery, error)
      return report(error)
    }
  }

  /// Handles a failed answer, and shows it if the run goes on.
  private func report(_ failure: ScanFailure) -> [ConferenceDiscovery.Action] {
    let notice = origin.ended(.discovery, .failed(failure))
    // A second refusal will end the run.
    let endsSoon = failure.isRefusal && discovery.isStart && !discovery.isPatient
    let actions = failed(failure)
    let timeLeft = deadline.map { max(.zero, loop.now.duration(to: $0)) }
    if actions == [.askAgain], !endsSoon { origin.show(notice, timeLeft: timeLeft) }
    return actions
  }
}

extension Conference {
  fileprivate var candidate: ConferenceDiscovery.Candidate {
    ConferenceDiscovery.Candidate(sid: sid, friendlyName: friendlyName, status: status)
  }
}
