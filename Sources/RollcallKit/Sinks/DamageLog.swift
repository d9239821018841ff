import RollcallCore
import Synchronization

/// Tells of each event that the store no longer has as it was, once, whoever comes upon it.
final class DamageLog: Sendable {
  /// Events that are told of; more of them say nothing new.
  private static let maximum = 1000

  private let told = Mutex<Set<UInt64>>([])
  private let notify: @Sendable (WatchNotice) -> Void

  init(_ notify: @escaping @Sendable (WatchNotice) -> Void = { _ in }) { self.notify = notify }

  func tell(of event: StoredEvent) {
    let isNew = told.withLock { $0.count < Self.maximum && $0.insert(event.sequence).inserted }
    if isNew { notify(.damaged(sequence: event.sequence)) }
  }
}
