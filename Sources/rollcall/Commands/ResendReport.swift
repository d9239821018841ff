import RollcallCore
import RollcallKit

/// Counts what becomes of the events, and tells people.
struct ResendReport {
  private let host: String
  private let total: Int
  private let log: StandardError
  private var progress: ProgressLine
  private var delivered = 0
  private var refused = 0
  private var lost = 0
  private var damaged = 0

  init(_ host: String, total: Int, log: StandardError, progress: ProgressLine) {
    self.host = host
    self.total = total
    self.log = log
    self.progress = progress
  }

  /// Takes an outcome.
  ///
  /// - Returns: whether the next event is to be tried.
  mutating func take(_ outcome: WebhookResender.Outcome, of event: StoredEvent) -> Bool {
    let id = event.id
    switch outcome {
    case .delivered:
      delivered += 1
      progress.show("\(delivered) of \(total) events were delivered")
      return true
    case .rejected(let answer):
      refused += 1
      warn("\(id) was refused: \(answer)")
      return true
    case .damaged:
      damaged += 1
      warn("event \(event.sequence) is damaged in the state file and cannot be resent")
      return true
    case .gone(let answer):
      warn("\(answer); it wants no more events")
      return false
    case .failed(let reason):
      warn("\(id) was not taken within \(WebhookResender.patience.components.seconds) s: \(reason)")
      return false
    case .cancelled: return false
    }
  }

  /// Says that an attempt failed and that another one follows.
  mutating func wait(_ reason: String, _ wait: Duration) {
    progress.clear()
    log.log(.notice, "webhook \(host): \(reason); tried again in \(max(1, wait.wholeMilliseconds / 1000)) s")
  }

  /// Counts an event whose bytes are gone.
  mutating func lose(_ sequence: UInt64) {
    lost += 1
    warn("the event \(sequence) was pruned (--keep) and cannot be resent")
  }

  mutating func conclude() -> ExitStatus {
    progress.clear()
    let left = total - delivered
    guard left > 0 else {
      log.log(.notice, "webhook \(host): \(Self.events(delivered)) delivered")
      return .done
    }
    log.conclude(
      .warning, "webhook \(host): \(Self.events(delivered)) delivered, \(left) \(left == 1 ? "was" : "were") not")
    return damaged > 0 ? .damagedData : .tryLater
  }

  private static func events(_ count: Int) -> String { count == 1 ? "1 event was" : "\(count) events were" }

  private mutating func warn(_ text: String) {
    progress.clear()
    log.log(.warning, "webhook \(host): \(text)")
  }
}
