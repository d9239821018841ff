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

  package mutating func pollBegan(late delay: Duration) {
    polls += 1
    delays.add(delay)
  }

  package mutating func failed(_ source: OriginGovernor.Source) {
    switch source {
    case .poll: failures += 1
    case .discovery: discoveryFailures += 1
    }
  }

  /// Returns the counts and resets them.
  package mutating func take() -> PollTally {
    defer { self = PollTally() }
    return self
  }
}

/// The number of changes that polls have found.
package struct ChangeTally: Equatable, Sendable {
  /// The changes that a hint announced.
  package private(set) var hinted = 0
  /// The changes that no hint announced.
  package private(set) var unhinted = 0

  package init() {}

  mutating func add(_ count: Int, areHinted: Bool) {
    if areHinted { hinted += count } else { unhinted += count }
  }
}

/// Tracks which sources of one kind fail, and which reasons have been logged.
struct FailingSources: Sendable {
  private var failing: Set<OriginGovernor.Source> = []
  /// The reasons that have been logged: one that comes and goes is logged once.
  private var reported: Set<OutageReason> = []

  /// - Returns: whether the failure should be logged.
  mutating func fail(_ source: OriginGovernor.Source, _ failure: ScanFailure) -> Bool {
    failing.insert(source)
    return reported.insert(failure.outageReason).inserted
  }

  /// - Returns: whether nothing fails any longer.
  mutating func recover(_ source: OriginGovernor.Source) -> Bool {
    guard failing.remove(source) != nil, failing.isEmpty else { return false }
    reported = []
    return true
  }
}
