/// The types of event that this version writes.
enum EventTypeNames {
  static let all = [
    "participant.present",
    "participant.joined",
    "participant.left",
    "participant.muted",
    "participant.unmuted",
    "participant.held",
    "participant.unheld",
    "participant.coaching_started",
    "participant.coaching_stopped",
    "participant.updated",
    "conference.started",
    "conference.ended",
    "watch.started",
    "watch.interrupted",
    "watch.resumed",
    "watch.heartbeat",
    "watch.stopped",
  ]
}
