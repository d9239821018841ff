import RollcallCore
import Synchronization

/// Tells of failing polls once for all conferences, since they mostly fail together, and of failing discovery beside them:
/// either can fail alone.
final class OutageLog: Sendable {
  private struct Outage {
    var failing: Set<OutageSource> = []
    /// The reasons that people know of: one that comes and goes is told once.
    var told: Set<OutageReason> = []
  }

  private struct State {
    var polls = Outage()
    var discovery = Outage()
    var hasToldOfCalls = false
    /// Conferences whose refused confirmations have been told.
    var unconfirmed: Set<ConferenceSID> = []

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
  private let tell: @Sendable (PollNotice) -> Void

  init(_ tell: @escaping @Sendable (PollNotice) -> Void) { self.tell = tell }

  func failed(_ source: OutageSource, _ failure: ScanFailure) {
    let isNews = state.withLock { state in
      state[source].failing.insert(source)
      return state[source].told.insert(failure.outageReason).inserted
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

  func confirmationIsRefused(in conference: ConferenceSID) {
    let isNews = state.withLock { $0.unconfirmed.insert(conference).inserted }
    if isNews { tell(.confirmationRefused(conference)) }
  }

  func statusesSayNothing(of conference: ConferenceSID) { tell(.statusesSayNothing(conference)) }
}
