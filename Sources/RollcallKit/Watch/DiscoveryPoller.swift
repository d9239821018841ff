import RollcallCore

/// Looks for conferences by name: asks for the list when that is due, and gives its reducer the answers.
actor DiscoveryPoller {
  private let loop: EventLoop
  private let clock: StreamClock
  private let api: ConferenceAPI
  private let gate: OriginGate
  private let meter: PollMeter
  private let outages: OutageLog
  /// Requests of the look that is under way.
  private let requests = RequestCount()
  /// Requests of the last look.
  private var lastRequests = 0
  private let start: BootInstant
  /// When the last look ended, and how long after it the next one may begin.
  private var last: (end: BootInstant, pause: Duration)
  private var discovery: Discovery
  private var lastFailure = ScanFailure.unreachable(reason: "no complete list in time")
  private var random: Jitter

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  init(
    _ discovery: Discovery, on loop: EventLoop, clock: StreamClock, api: ConferenceAPI, gate: OriginGate,
    meter: PollMeter, outages: OutageLog
  ) {
    self.discovery = discovery
    self.loop = loop
    random = loop.jitter()
    self.clock = clock
    self.api = api.carried { [requests] in CountedTransport(base: $0, count: requests) }
    self.gate = gate
    self.meter = meter
    self.outages = outages
    start = loop.now
    last = (start, .zero)
  }

  /// Returns what comes before the first look.
  func begin() -> [Discovery.Action] { discovery.start() }

  /// Waits until the list is due, and asks for it.
  ///
  /// - Returns: what follows; `askAgain` stands for another call of this. Nothing where the task was cancelled.
  func look() async -> [Discovery.Action] {
    lastRequests = requests.take()
    // What the last look has found is among the polls by now.
    let least = gate.pace.update { [lastRequests] in $0.pause(afterListing: lastRequests) }
    let due = last.end.advanced(by: max(last.pause, least))
    do throws(CancellationError) { if due > loop.now { try await loop.sleep(until: due) } } catch { return [] }
    switch await gate.admit() {
    case .open: return note(await askInTime())
    case .closed(let until, let failure):
      let actions = note(failed(failure))
      // At the start the reducer is asked again in time to give up; later nothing but the gate counts.
      guard !discovery.isStart else { return actions }
      return await gate.wait(until: BootInstant(until)) ? actions : []
    }
  }

  /// Takes the end of a conference that was found.
  func left(_ conference: ConferenceSID, _ fate: Discovery.Fate) -> [Discovery.Action] {
    discovery.left(conference, fate)
  }

  /// Whether complete answers come in time, as they would while the origin does not throttle.
  var health: Discovery.Health {
    let leastPause = gate.pace.update { [lastRequests] in $0.usualPause(afterListing: lastRequests) }
    return discovery.health(after: elapsed, leastPause: leastPause)
  }

  /// When the last complete answer was asked for; nil where there has been none in this run.
  var answerAskedAt: Timestamp? { discovery.answerAskedAt }

  private var elapsed: Duration { start.duration(to: loop.now) }

  private func failed(_ failure: ScanFailure) -> [Discovery.Action] {
    lastFailure = failure
    return discovery.failed(failure, after: elapsed, using: &random)
  }

  private func note(_ actions: [Discovery.Action]) -> [Discovery.Action] {
    for case .askAgain(let pause) in actions { last = (loop.now, pause) }
    return actions
  }

  /// Asks for the list, which the end of the time for the start cuts short.
  private func askInTime() async -> [Discovery.Action] {
    guard let deadline = discovery.startDeadline.map(start.advanced) else { return await ask() }
    if deadline > loop.now, let actions = await loop.perform(until: deadline, { await self.ask() }) { return actions }
    return failed(lastFailure)
  }

  /// A token that has been refused is read again, and asked with once more, but not at the start.
  private func ask() async -> [Discovery.Action] {
    var isRepeated = discovery.isStart
    while true {
      discovery.begin(at: clock.now, after: elapsed)
      do throws(ScanFailure) {
        var listed: [Discovery.Candidate] = []
        for status in Discovery.statuses {
          listed += try await api.conferences(named: discovery.selection.queriedName, status: status).map(\.candidate)
        }
        await gate.succeeded()
        outages.succeeded(.discovery)
        return discovery.answered(listed, after: elapsed)
      } catch {
        if Task.isCancelled { return [] }
        if error == .unauthorised, !isRepeated, await gate.renewsToken() {
          isRepeated = true
        } else {
          await gate.failed(error)
          return report(error)
        }
      }
    }
  }

  /// Takes an answer that failed, and tells people of it where the run goes on.
  private func report(_ failure: ScanFailure) -> [Discovery.Action] {
    meter.discoveryFailed()
    let actions = failed(failure)
    for case .askAgain in actions { outages.failed(.discovery, failure) }
    return actions
  }
}

extension ListedConference {
  fileprivate var candidate: Discovery.Candidate {
    Discovery.Candidate(sid: sid, friendlyName: friendlyName, status: status)
  }
}

extension Discovery.Fate {
  /// What a poller's end means to discovery; nil where it was cancelled.
  init?(_ ending: ConferencePoller.Ending) {
    switch ending {
    case .ended: self = .ended
    case .over: self = .over
    case .unknown: self = .unknown
    case .scannedOnce: self = .scannedOnce
    case .unauthorised: self = .failed(.unauthorised)
    case .unreachable(let failure): self = .failed(.unreachable(failure))
    case .cancelled: return nil
    }
  }
}
