package import RollcallCore
import Synchronization

/// What people should know of a run's polls.
package enum WatchNotice: Sendable, Equatable {
  /// Polls have begun to fail, or fail for another reason; the conference is the first one that has noticed.
  case failing(ConferenceSID, ScanFailure)
  /// No conference's poll fails any longer.
  case recovered
  /// There is no conference to watch yet; one that comes is found.
  case noneFound
  /// Every status in the conference's list is `completed`, and it has not ended: the participants count as in the room.
  case statusesSayNothing(ConferenceSID)
  /// The provider refuses to say whether an absent participant of the conference is gone.
  case confirmationRefused(ConferenceSID)
  /// The provider tells this token nothing of calls.
  case callsRefused
  /// Polls of all conferences at their interval need more requests per second than are allowed; each is polled within the
  /// worst case.
  case overBudget(needed: Int, allowed: Int, worstCase: Duration)
}

/// Tells of failing polls once for all conferences: they mostly fail together.
final class OutageLog: Sendable {
  private struct State {
    var failing: Set<ConferenceSID> = []
    var reason: GapReason?
    var hasToldOfCalls = false
    /// Conferences whose refused confirmations have been told.
    var unconfirmed: Set<ConferenceSID> = []
  }

  private let state = Mutex(State())
  private let tell: @Sendable (WatchNotice) -> Void

  init(_ tell: @escaping @Sendable (WatchNotice) -> Void) { self.tell = tell }

  func failed(_ conference: ConferenceSID, _ failure: ScanFailure) {
    let isNews = state.withLock { state in
      state.failing.insert(conference)
      defer { state.reason = failure.gapReason }
      return state.reason != failure.gapReason
    }
    if isNews { tell(.failing(conference, failure)) }
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

  func succeeded(_ conference: ConferenceSID) {
    let isNews = state.withLock { state in
      guard state.failing.remove(conference) != nil, state.failing.isEmpty else { return false }
      state.reason = nil
      return true
    }
    if isNews { tell(.recovered) }
  }
}
