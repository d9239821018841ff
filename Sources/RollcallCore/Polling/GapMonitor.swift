/// Knows whether complete scans are missing, and why.
struct GapMonitor: Sendable, Equatable {
  /// So long at least do scans have to be missing.
  static let minimumGap: Duration = .seconds(10)

  private(set) var lastFailure: ScanFailure?
  /// Whether the gap has been told.
  var isReported = false

  mutating func noteFailure(_ failure: ScanFailure) { lastFailure = failure }

  mutating func close() {
    lastFailure = nil
    isReported = false
  }

  /// How long without a complete scan makes a gap.
  static func threshold(interval: Duration) -> Duration { max(interval * 3, minimumGap) }
}

extension ConferenceTracker {
  /// The event that tells of a gap, once for each.
  mutating func interruption(at now: Timestamp, atOnce: Bool) -> EventDraft? {
    guard let last = room.lastScanEnd, !gap.isReported else { return nil }
    if case .over = phase { return nil }
    guard atOnce || now - last >= GapMonitor.threshold(interval: interval) else { return nil }
    gap.isReported = true
    room.lastEventAt = now
    let failure = gap.lastFailure
    var draft = EventDraft(.watchInterrupted, at: now, conference: room.conference)
    draft.watch = .interrupted(
      reason: failure?.gapReason ?? .pollFailed, error: failure?.text ?? "no complete scan in time")
    return draft
  }

  /// The event that stands before what bridges a gap; nil where there was none.
  mutating func resumption(at now: Timestamp) -> EventDraft? {
    guard let from = room.lastScanStart, let last = room.lastScanEnd else { return nil }
    guard gap.isReported || now - last >= GapMonitor.threshold(interval: interval) else { return nil }
    let missed = max(0, Int((now - from) / interval) - 1)
    var draft = EventDraft(.watchResumed, at: now, conference: room.conference)
    draft.watch = .resumed(
      from: from, to: now, reason: gap.lastFailure?.gapReason ?? .pollFailed, pollsMissed: missed)
    return draft
  }
}
