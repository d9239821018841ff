import RollcallCore

@testable import RollcallKit

/// Looks for conferences by name: does what the kit's `ConferenceDiscovery` does.
final class Lookout {
  static let dialect = SignalWireDialect()
  private let run: Run
  private var discovery: Discovery
  private let start: Moment
  /// When the last look ended, and how long after it the next one may begin.
  private var last: (end: Moment, pause: Duration)
  private var isOver = false
  /// Requests of the last look.
  private var requests = 0

  init(_ run: Run, over: Set<ConferenceSID>, known: [ConferenceSID]) {
    self.run = run
    discovery = Discovery(
      .all, shard: run.plan.shard, interval: .milliseconds(run.plan.interval), waits: false, scansOnce: false,
      over: over, known: known.map { Discovery.Candidate(sid: $0, friendlyName: "room", status: "") })
    start = run.agenda.now
    last = (start, .zero)
  }

  func begin() { perform(discovery.start()) }

  func stop() { isOver = true }

  func look() {
    // What the last look has found is among the polls by now.
    let least = run.polls.budget.pause(afterListing: requests)
    requests = 0
    run.at(last.end + max(last.pause, least).wholeMilliseconds) { [self] in
      guard !isOver else { return }
      switch run.admit() {
      case .open: ask(isRepeated: discovery.isStart)
      case .closed(let until, let failure):
        let actions = note(failed(failure))
        guard !discovery.isStart else { return perform(actions) }
        run.waitForGate(until: until.milliseconds) { [self] in perform(actions) }
      }
    }
  }

  private func ask(isRepeated: Bool) {
    discovery.begin(at: run.time.now, after: elapsed)
    ask(Discovery.statuses[...], isRepeated: isRepeated, [])
  }

  /// One list for each status, one after the other.
  private func ask(_ statuses: ArraySlice<String>, isRepeated: Bool, _ listed: [Discovery.Candidate]) {
    run.polls.send(.list)
    requests += 1
    run.provider.answer { [provider = run.provider] in
      provider.conferences(statuses.first ?? "")
    } then: { [self] reply in
      guard run.isAlive, !isOver else { return }
      do throws(ScanFailure) {
        let found = listed + (try candidates(reply))
        guard statuses.count < 2 else { return ask(statuses.dropFirst(), isRepeated: isRepeated, found) }
        run.accepted()
        perform(note(discovery.answered(found, after: elapsed)))
      } catch {
        if error == .unauthorised, !isRepeated, run.renewsToken() { return ask(isRepeated: true) }
        run.failed(error)
        perform(note(failed(error)))
      }
    }
  }

  private func candidates(_ reply: Reply) throws(ScanFailure) -> [Discovery.Candidate] {
    switch reply.content {
    case .nothing(let failure): throw ReplyJudgement.failure(failure)
    case .response(let status, let headers, let body):
      let response = HTTPResponse(status: status, headers: headers, body: .bytes(PaddedBytes(body)))
      if let failure = ReplyJudgement.failure(response, Self.dialect) { throw failure }
      guard let rows = ReplyJudgement.json(response)?["conferences"]?.asArray else {
        throw .malformed(reason: "the reply has no conferences array")
      }
      return rows.compactMap(ListedConference.init).map {
        Discovery.Candidate(sid: $0.sid, friendlyName: $0.friendlyName, status: $0.status)
      }
    }
  }

  private var elapsed: Duration { .milliseconds(run.agenda.now - start) }

  private func failed(_ failure: ScanFailure) -> [Discovery.Action] {
    discovery.failed(failure, after: elapsed, using: &run.random)
  }

  private func note(_ actions: [Discovery.Action]) -> [Discovery.Action] {
    for case .askAgain(let pause) in actions { last = (run.agenda.now, pause) }
    return actions
  }

  private func perform(_ actions: [Discovery.Action]) {
    guard !isOver else { return }
    for (index, action) in actions.enumerated() {
      switch action {
      case .watch(let sid, let name, let origin):
        run.watch(sid, name, origin, saved: run.simulation.savedRooms, startIndex: index)
      case .askAgain: look()
      case .tellOfNone: break
      case .finish: return run.fail()
      }
    }
    run.polls.begin()
  }

  func left(_ conference: ConferenceSID, _ ending: Watcher.Ending) {
    let fate: Discovery.Fate
    switch ending {
    case .ended: fate = .ended
    case .over: fate = .over
    case .unknown: fate = .unknown
    case .unauthorised: fate = .failed(.unauthorised)
    case .unreachable: fate = .failed(.unreachable(.unreachable(reason: "unreachable")))
    case .cancelled: return
    }
    perform(discovery.left(conference, fate))
  }
}
