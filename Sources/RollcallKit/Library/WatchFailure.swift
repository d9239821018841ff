import RollcallCore

/// Why conferences cannot be watched or listed.
///
/// While a watch runs, the provider's failures are not errors:
/// ``ConferenceEvent/Kind/watchInterrupted(_:)`` and ``ConferenceEvent/Kind/watchResumed(_:)`` report them.
@nonexhaustive
public enum WatchFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// A value is out of its bounds; the text names it. Nothing was sent.
  case invalid(String)
  /// The provider knows no such conference, or none of that name is in progress.
  case unknownConference
  /// Every conference was over before watching began.
  case conferenceOver
  /// The provider refused the token.
  case unauthorised
  /// The provider gave no complete list (for a watch, within 30 s of its start); the text describes the last failure.
  case unreachable(String)
  /// The state file cannot be used or written, is another account's, or is in use by another run.
  case state(String)
  /// The CA file cannot be used, or no thread could be started for the library.
  case setUp(String)
  /// The watch has ended, and this many events for webhooks are lost, because there is no state file.
  case undelivered(Int)
  /// The task was cancelled during a request for a list. A cancelled watch ends without an error.
  case cancelled

  /// A description in one line, without secrets.
  public var description: String {
    switch self {
    case .invalid(let reason), .setUp(let reason): reason
    case .unknownConference: "there is no such conference"
    case .conferenceOver: "the conference is over"
    case .unauthorised: "the provider refused the token"
    case .unreachable(let reason): "no complete reply from the provider: \(reason)"
    case .state(let reason): "the state file: \(reason)"
    case .undelivered(let count):
      count == 1 ? "1 event was not delivered to webhooks" : "\(count) events were not delivered to webhooks"
    case .cancelled: "cancelled"
    }
  }
}

extension WatchFailure {
  init(_ failure: ScanFailure) {
    self =
      if failure.isRefusal { .unauthorised } else if failure.kind == .notFound { .unknownConference } else {
        .unreachable(failure.text)
      }
  }

  /// - Parameter isDurable: whether a later run delivers what this one has not.
  /// - Returns: nil if the run succeeded or was asked to end.
  init?(_ outcome: WatchOutcome, isDurable: Bool) {
    if case .unreadable(let failure) = outcome.output {
      self = .state(failure.reason)
    } else if let failure = WatchFailure(outcome.cause) {
      self = failure
    } else {
      let lost = outcome.webhooks.reduce(0) { $0 + $1.tally.undelivered + $1.tally.deadLetters }
      guard !isDurable, lost > 0 else { return nil }
      self = .undelivered(lost)
    }
  }

  private init?(_ cause: WatchOutcome.Cause) {
    switch cause {
    case .conferences(let outcomes):
      let failures = outcomes.values.compactMap(WatchFailure.init(ending:))
      if let failure = failures.first(where: { $0 != .conferenceOver }) {
        self = failure
      } else {
        guard !failures.isEmpty, failures.count == outcomes.count else { return nil }
        self = .conferenceOver
      }
    case .discovery(let outcome):
      // For a name, an ended conference means that none is in progress.
      guard let failure = WatchFailure(ending: outcome) else { return nil }
      self = failure == .conferenceOver ? .unknownConference : failure
    case .store(let failure): self = .state(failure.reason)
    case .signal, .duration, .output, .cancelled: return nil
    }
  }

  private init?(ending: PollOutcome) {
    switch ending {
    case .unknown: self = .unknownConference
    case .over: self = .conferenceOver
    case .failed(let failure): self = failure.isRefusal ? .unauthorised : .unreachable(failure.text)
    case .ended, .complete: return nil
    }
  }
}
