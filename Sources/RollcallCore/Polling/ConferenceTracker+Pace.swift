/// How eagerly a conference is polled where not all can be polled as often as asked for.
extension ConferenceTracker {
  /// For so long after an event a room counts as busy.
  static let busyTime: Duration = .seconds(30)

  /// A room that has been empty for so long is polled less often.
  static let idleAfter: Duration = .seconds(60)
  /// How often, where its conference is not polled more rarely anyway.
  static let idleInterval: Duration = .seconds(10)

  /// The time between two polls that the room calls for.
  package var scheduledInterval: Duration {
    guard let emptySince, let last = room.lastScanEnd, last - emptySince >= Self.idleAfter else { return interval }
    return max(interval, Self.idleInterval)
  }

  /// What polls like the last one take.
  ///
  /// - Parameter pages: requests for the list. Where nobody is listed, the conference itself is asked too.
  package func load(pages: Int) -> RequestBudget.Load {
    RequestBudget.Load(
      requests: emptySince == nil ? pages : pages + 1, every: scheduledInterval, interval: interval)
  }

  /// Whether something has just happened in the room, or somebody's departure is in doubt.
  package func isBusy(at now: Timestamp) -> Bool {
    if !room.absences.isEmpty || !room.returning.isEmpty || !hasStarted { return true }
    return room.lastEventAt.map { now - $0 < Self.busyTime } ?? false
  }
}
