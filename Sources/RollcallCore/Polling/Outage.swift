/// Tracks whether a conference lacks complete scans, why, and whether the stream has reported it.
struct Outage: Sendable, Equatable {
  /// The minimum time without a complete scan.
  static let minimumLength: Duration = .seconds(10)

  /// Why scans are missing, as the stream reports it.
  struct Cause: Sendable, Equatable {
    var reason: OutageReason
    var error: String

    static let unknown = Cause(reason: .pollFailed, error: "no complete scan in time")
  }

  private(set) var cause = Cause.unknown
  var isReported = false
  /// Whether the outage is not reported, as between two runs of a periodic job.
  private(set) var isSilent = false

  mutating func note(_ cause: Cause) {
    // Until the first complete scan the restart is the cause, whatever else fails.
    if self.cause.reason != .restart { self.cause = cause }
  }

  mutating func note(_ failure: ScanFailure) {
    // After a suspension the network takes a while to come back; its failures are not a separate cause.
    if cause.explainsFailures, failure.outageReason == .pollFailed { return }
    note(Cause(reason: failure.outageReason, error: failure.text))
  }

  /// Records that scans are missing because no process was running.
  ///
  /// - Parameter isReported: whether the stream reports it.
  mutating func expectRestart(isReported: Bool) {
    cause = Cause(reason: .restart, error: "rollcall was started again")
    self.isReported = isReported
    isSilent = !isReported
  }

  mutating func close() {
    cause = .unknown
    isReported = false
    isSilent = false
  }

  /// Returns the minimum time without a complete scan that counts as an outage.
  static func threshold(interval: Duration) -> Duration { max(interval * 3, minimumLength) }
}

extension ConferenceTracker {
  /// Records that polling is paused until earlier events have been stored or delivered.
  package mutating func pausePolling(because reason: OutageReason) {
    let error =
      switch reason {
      case .backpressure: "earlier events have not been read"
      case .diskFull: "there is no room on the disk for events"
      case .stateBusy: "another program holds a lock on the state file"
      case .pollFailed, .unauthorised, .throttled, .malformed, .suspended, .clockJump, .restart: "polling is paused"
      }
    outage.note(Outage.Cause(reason: reason, error: error))
  }

  /// Records that polling is paused because the origin takes no requests.
  package mutating func shutOut(by failure: ScanFailure) {
    outage.note(Outage.Cause(reason: failure.outageReason, error: failure.text))
  }

  /// Records why a poll waits for its turn, unless another reason for an outage is known.
  package mutating func delayed(by failure: ScanFailure) {
    if outage.cause == .unknown { shutOut(by: failure) }
  }

  /// Returns whether there is an outage that has not been reported.
  package func mustReportInterruption(at now: Timestamp, atOnce: Bool = false) -> Bool {
    guard let last = room.lastScanEnd, !outage.isReported, !outage.isSilent else { return false }
    if case .over = phase { return false }
    return atOnce || now - last >= Outage.threshold(interval: intervalInForce)
  }

  /// Returns whether complete scans have been missing for too long.
  package func isInOutage(at now: Timestamp) -> Bool {
    guard let last = room.lastScanEnd else { return true }
    return outage.isReported || now - last >= Outage.threshold(interval: intervalInForce)
  }

  /// Returns the event that reports an outage, once for each outage.
  mutating func interruption(at now: Timestamp, atOnce: Bool) -> Event? {
    guard mustReportInterruption(at: now, atOnce: atOnce) else { return nil }
    outage.isReported = true
    room.lastEventAt = now
    var event = Event(.watchInterrupted, at: now, conference: room.conference)
    event.watch = .interrupted(reason: outage.cause.reason, error: outage.cause.error)
    return event
  }

  /// Returns the `watch.resumed` event, which precedes the changes found after an outage; nil if there was no outage.
  mutating func resumption(at now: Timestamp) -> Event? {
    guard let from = room.lastScanStart, let last = room.lastScanEnd else { return nil }
    guard !outage.isSilent, outage.isReported || now - last >= Outage.threshold(interval: intervalInForce) else {
      return nil
    }
    let missed = max(0, Int((now - from) / interval) - 1)
    var event = Event(.watchResumed, at: now, conference: room.conference)
    event.watch = .resumed(from: from, to: now, reason: outage.cause.reason, pollsMissed: missed)
    return event
  }
}
