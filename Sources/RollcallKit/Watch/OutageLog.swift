import RollcallCore
import Synchronization

/// Tells of failing polls once for all conferences: they mostly fail together.
final class OutageLog: Sendable {
  private struct State {
    var failing: Set<ConferenceSID> = []
    var reason: GapReason?
    var hasToldOfCalls = false
  }

  private let state = Mutex(State())
  private let tell: @Sendable (PollNotice) -> Void

  init(_ tell: @escaping @Sendable (PollNotice) -> Void) { self.tell = tell }

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

  func succeeded(_ conference: ConferenceSID) {
    let isNews = state.withLock { state in
      guard state.failing.remove(conference) != nil, state.failing.isEmpty else { return false }
      state.reason = nil
      return true
    }
    if isNews { tell(.recovered) }
  }
}
