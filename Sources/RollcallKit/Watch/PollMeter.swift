import RollcallCore
import Synchronization

/// Counts the polls of all conferences of a run.
final class PollMeter: Sendable {
  private let tally = Mutex(PollTally())

  func asked(late delay: Duration) { tally.withLock { $0.asked(late: delay) } }

  func failed() { tally.withLock { $0.failed() } }

  /// What there was since the last call of this.
  func take() -> PollTally { tally.withLock { $0.take() } }
}
