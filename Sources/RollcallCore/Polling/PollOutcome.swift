/// The outcome of a poll or of discovery, and so how the watch of a conference or of a name ended.
package enum PollOutcome: Equatable, Sendable {
  /// A complete scan was reported. It ends a watch that needs only one scan.
  case complete
  case failed(ScanFailure)
  /// The conference has ended and that was reported; for a name, every watched conference has.
  case ended
  /// There was no such conference at the start.
  case unknown
  /// The conference had ended already at the start.
  case over
}

/// Counts of polls and discovery requests since the last report.
package struct PollTally: Equatable, Sendable {
  package private(set) var polls = 0
  /// Polls that failed.
  package private(set) var failures = 0
  /// Discovery requests that failed.
  package private(set) var discoveryFailures = 0
  /// How long after its due time each poll began.
  package private(set) var delays = DelayHistogram()

  package init() {}

  package mutating func asked(late delay: Duration) {
    polls += 1
    delays.add(delay)
  }

  package mutating func failed() { failures += 1 }

  package mutating func discoveryFailed() { discoveryFailures += 1 }

  /// Returns the counts and resets them.
  package mutating func take() -> PollTally {
    defer { self = PollTally() }
    return self
  }
}
