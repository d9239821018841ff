package import RollcallCore
import Synchronization

/// What a run asks the provider for again and again, and may get no answer to.
package enum OutageSource: Hashable, Sendable {
  case poll(of: ConferenceSID)
  /// The list of conferences.
  case discovery
}

/// What people should know of a run's polls.
package enum WatchNotice: Sendable, Equatable {
  /// Polls or discovery have begun to fail, or fail for another reason. Of polls it is the first one that has noticed.
  case failing(OutageSource, ScanFailure)
  /// No poll fails any longer, or discovery does not. Of polls it is the last one that had failed.
  case recovered(OutageSource)
  /// There is no conference to watch yet; one that comes is found.
  case noneFound
  /// The provider tells this token nothing of calls.
  case callsRefused
  /// Polls of all conferences at their interval need more requests per second than are allowed; each is polled within the
  /// worst case.
  case overBudget(needed: Int, allowed: Int, worstCase: Duration)
}

/// Tells of failing polls once for all conferences, since they mostly fail together, and of failing discovery beside them:
/// either can fail alone.
final class OutageLog: Sendable {
  private struct Outage {
    var failing: Set<OutageSource> = []
    /// The reasons that people know of: one that comes and goes is told once.
    var told: Set<GapReason> = []
  }

  private struct State {
    var polls = Outage()
    var discovery = Outage()
    var hasToldOfCalls = false

    subscript(source: OutageSource) -> Outage {
      get {
        switch source {
        case .poll: polls
        case .discovery: discovery
        }
      }
      set {
        switch source {
        case .poll: polls = newValue
        case .discovery: discovery = newValue
        }
      }
    }
  }

  private let state = Mutex(State())
  private let tell: @Sendable (WatchNotice) -> Void

  init(_ tell: @escaping @Sendable (WatchNotice) -> Void) { self.tell = tell }

  func failed(_ source: OutageSource, _ failure: ScanFailure) {
    let isNews = state.withLock { state in
      state[source].failing.insert(source)
      return state[source].told.insert(failure.gapReason).inserted
    }
    if isNews { tell(.failing(source, failure)) }
  }

  /// Takes note that something has succeeded, or is asked for no longer.
  func succeeded(_ source: OutageSource) {
    let isNews = state.withLock { state in
      guard state[source].failing.remove(source) != nil, state[source].failing.isEmpty else { return false }
      state[source].told = []
      return true
    }
    if isNews { tell(.recovered(source)) }
  }

  func callsAreRefused() {
    let isNews = state.withLock { state in
      defer { state.hasToldOfCalls = true }
      return !state.hasToldOfCalls
    }
    if isNews { tell(.callsRefused) }
  }
}
