/// What a row's status says about whether its participant is in the room.
public enum Presence: Sendable, Equatable {
  /// The call is still being set up.
  case notYet
  case inRoom
  /// The call is over.
  case finished

  /// Unknown texts, and none at all, are in the room.
  public init(status: String?) {
    switch status {
    case "queued", "initiated", "connecting", "ringing": self = .notYet
    case "completed", "complete", "failed", "busy", "no-answer", "canceled": self = .finished
    default: self = .inRoom
    }
  }
}
