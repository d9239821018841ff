/// What a poll has come to, or a look for conferences; and so how the watch of a conference, or of a name, has ended.
package enum PollOutcome: Equatable, Sendable {
  /// A complete scan, reported. It ends a watch for which one scan is enough.
  case complete
  case failed(ScanFailure)
  /// The conference is over, and reported to be; of a name, every conference that was watched.
  case ended
  /// At the start: there is no such conference.
  case unknown
  /// At the start: the conference is over already.
  case over
}

/// What polls and looks for conferences came to since they were last told of.
package struct PollTally: Equatable, Sendable {
  package private(set) var polls = 0
  /// Polls that failed.
  package private(set) var failures = 0
  /// Looks for conferences that failed.
  package private(set) var discoveryFailures = 0
  /// From the time that each poll was due until it was asked.
  package private(set) var delays = DelayHistogram()

  package init() {}

  package mutating func asked(late delay: Duration) {
    polls += 1
    delays.add(delay)
  }

  package mutating func failed() { failures += 1 }

  package mutating func discoveryFailed() { discoveryFailures += 1 }

  /// Begins anew, and gives what there was.
  package mutating func take() -> PollTally {
    defer { self = PollTally() }
    return self
  }
}
