/// What the governor of an origin is told, and what it answers.
extension OriginGovernor {
  /// A list that is requested repeatedly and may fail.
  package enum Source: Hashable, Sendable {
    case poll(of: ConferenceSID)
    /// The list of conferences.
    case discovery
  }

  /// What the log should say.
  package enum Notice: Equatable, Sendable {
    /// Polls or discovery began to fail, or fail for another reason. For polls it is the first one that noticed.
    case failing(Source, ScanFailure)
    /// All polls work again, or discovery does. For polls it is the last one that had failed.
    case recovered(Source)
  }

  /// A conference's turn.
  package enum Turn: Equatable, Sendable {
    case poll(Int)
    /// No request may be sent to the origin, and the conference cannot wait any longer.
    case late(Int, ScanFailure)
  }

  /// When a look-up that can wait may be sent.
  package enum QuestionTurn: Equatable, Sendable {
    /// Now; the caller must send it.
    case now
    case at(Timestamp)
    case never
  }

  /// Why some sources may not send requests to the origin now.
  package struct Suspension: Equatable, Sendable {
    package var failure: ScanFailure
    /// The earliest time at which requests may be sent, unless something changes before.
    package var until: Timestamp
    /// Whether a second request was refused too, so that the token is at fault and not one conference.
    package var isConfirmed: Bool
  }

  /// What a reply demands of all requests, although it is not the reply to a list.
  package enum Demand: Equatable, Sendable {
    /// A request failed in a way that concerns all requests.
    case failure(ScanFailure)
    /// The request was answered, but used up the provider's rate limit, which is reset after this time.
    case limitReached(resetAfter: Duration)
  }
}
