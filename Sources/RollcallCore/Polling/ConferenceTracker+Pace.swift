/// How eagerly a conference is polled where not all can be polled as often as asked for.
extension ConferenceTracker {
  /// For so long after an event a room counts as busy.
  static let busyTime: Duration = .seconds(30)

  /// Whether something has just happened in the room, or somebody's departure is in doubt.
  package func isBusy(at now: Timestamp) -> Bool {
    if !room.absences.isEmpty || !room.returning.isEmpty || !hasStarted { return true }
    return room.lastEventAt.map { now - $0 < Self.busyTime } ?? false
  }
}
