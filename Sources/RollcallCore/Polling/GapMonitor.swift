/// Knows whether complete scans are missing, and why.
struct GapMonitor: Sendable, Equatable {
  /// So long at least do scans have to be missing.
  static let minimumGap: Duration = .seconds(10)

  /// Why scans are missing, as the stream tells it.
  struct Cause: Sendable, Equatable {
    var reason: GapReason
    var error: String

    static let unknown = Cause(reason: .pollFailed, error: "no complete scan in time")
  }

  private(set) var cause = Cause.unknown
  /// Whether the gap has been told.
  var isReported = false
  /// Whether the gap is of no interest, as between two runs of a job that runs again and again.
  private(set) var isSilent = false

  mutating func note(_ cause: Cause) {
    // Whatever else is missing before the first complete scan, the restart came first.
    if self.cause.reason != .restart { self.cause = cause }
  }

  mutating func note(_ failure: ScanFailure) {
    // The network takes a while to come back after the machine has: that is no reason of its own.
    if cause.explainsFailures, failure.gapReason == .pollFailed { return }
    note(Cause(reason: failure.gapReason, error: failure.text))
  }

  /// Takes note that scans are missing because there was no process to make them.
  ///
  /// - Parameter isTold: whether the stream tells of it.
  mutating func expectRestart(isTold: Bool) {
    cause = Cause(reason: .restart, error: "rollcall was started again")
    isReported = isTold
    isSilent = !isTold
  }

  mutating func close() {
    cause = .unknown
    isReported = false
    isSilent = false
  }

  /// How long without a complete scan makes a gap.
  ///
  /// - Parameter interval: the one in force.
  static func threshold(interval: Duration) -> Duration { max(interval * 3, minimumGap) }
}

extension ConferenceTracker {
  /// Takes note of a poll that was not made, because what earlier ones told has to go somewhere first.
  package mutating func holdBack(because reason: GapReason) {
    let error =
      switch reason {
      case .backpressure: "nobody takes the events of earlier polls"
      case .diskFull: "there is no room on the disk for events"
      case .stateBusy: "another program holds a lock on the state file"
      case .pollFailed, .unauthorised, .throttled, .malformed, .suspended, .clockJump, .restart: "polls are held back"
      }
    gap.note(GapMonitor.Cause(reason: reason, error: error))
  }

  /// Whether there is a gap to be told.
  package func owesInterruption(at now: Timestamp, atOnce: Bool = false) -> Bool {
    guard let last = room.lastScanEnd, !gap.isReported, !gap.isSilent else { return false }
    if case .over = phase { return false }
    return atOnce || now - last >= GapMonitor.threshold(interval: intervalInForce)
  }

  /// Whether complete scans have been missing for too long.
  package func isInGap(at now: Timestamp) -> Bool {
    guard let last = room.lastScanEnd else { return true }
    return gap.isReported || now - last >= GapMonitor.threshold(interval: intervalInForce)
  }

  /// The event that tells of a gap, once for each.
  mutating func interruption(at now: Timestamp, atOnce: Bool) -> EventDraft? {
    guard owesInterruption(at: now, atOnce: atOnce) else { return nil }
    gap.isReported = true
    room.lastEventAt = now
    var draft = EventDraft(.watchInterrupted, at: now, conference: room.conference)
    draft.watch = .interrupted(reason: gap.cause.reason, error: gap.cause.error)
    return draft
  }

  /// The event that stands before what bridges a gap; nil where there was none.
  mutating func resumption(at now: Timestamp) -> EventDraft? {
    guard let from = room.lastScanStart, let last = room.lastScanEnd else { return nil }
    guard !gap.isSilent, gap.isReported || now - last >= GapMonitor.threshold(interval: intervalInForce) else {
      return nil
    }
    let missed = max(0, Int((now - from) / interval) - 1)
    var draft = EventDraft(.watchResumed, at: now, conference: room.conference)
    draft.watch = .resumed(from: from, to: now, reason: gap.cause.reason, pollsMissed: missed)
    return draft
  }
}
