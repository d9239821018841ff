/// What a row's status says about whether its participant is in the room.
public enum Presence: Sendable, Equatable {
  /// The call is still being set up.
  case notYet
  /// Also where the provider gives no status, or one that rollcall does not know.
  case inRoom
  /// The call is over if the conference's statuses are live; otherwise the status says nothing.
  case completed
  /// The call never came about.
  case failed

  /// Reads a provider's status. Unknown texts, and none at all, are ``inRoom``.
  public init(status: String?) {
    switch status {
    case "queued", "initiated", "connecting", "ringing": self = .notYet
    case "completed", "complete": self = .completed
    case "failed", "busy", "no-answer", "canceled": self = .failed
    default: self = .inRoom
    }
  }

  /// Whether the participant is in the room.
  ///
  /// - Parameter isLive: whether the conference's statuses are live.
  func isInRoom(whereStatusesAreLive isLive: Bool) -> Bool {
    switch self {
    case .inRoom: true
    case .completed: !isLive
    case .notYet, .failed: false
    }
  }
}
