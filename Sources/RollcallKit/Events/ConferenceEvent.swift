public import RollcallCore

/// Something that happened in a conference, or to the watch of it.
public struct ConferenceEvent: Equatable, Sendable {
  /// `evt_`, 16 digits of the run and 12 of the sequence; unique, and sortable within the run.
  public let id: String
  /// From 1, gap-free within the run.
  public let sequence: UInt64
  /// What happened, to whom and when; which of its members have a value follows from the type.
  public let detail: Event
  /// The event as `rollcall watch` writes it: one line of JSON with its newline, at most 4096 bytes.
  public let line: [UInt8]

  public var type: EventType { detail.type }

  /// Whom it happened to; nil for what is no participant's.
  public var call: CallSID? { detail.call }

  init(_ draft: Event, as event: StoredEvent) {
    id = event.id
    sequence = event.sequence
    detail = draft
    line = event.line
  }
}

/// Why a conference cannot be watched. What happens later is told by events: `watch.interrupted` and `watch.resumed`.
public enum WatchFailure: Error, Equatable, Sendable {
  /// The provider knows no such conference.
  case unknownConference
  /// The conference was over before watching began.
  case conferenceOver
  /// The provider refused the token.
  case unauthorised
  /// No complete list within 30 s, and what the last attempt came to.
  case unreachable(String)
  /// The CA file cannot be used, or there is no thread to be had.
  case setUp(String)

  init?(_ ending: PollOutcome?) {
    switch ending {
    case .unknown: self = .unknownConference
    case .over: self = .conferenceOver
    case .failed(let failure): self = failure.isRefusal ? .unauthorised : .unreachable(failure.text)
    case .ended, .complete, nil: return nil
    }
  }
}
