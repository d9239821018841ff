/// Checks how often a process wakes up by itself compared with what happens: an idle process must not use CPU.
struct WakeUpJudge {
  /// A window long enough for occasional work, and short enough to notice temporary faults.
  private static let window: Int64 = 10_000
  /// The timers of housekeeping, reports, and retries of a locked store.
  private static let usualPerSecond: Int64 = 40
  /// The timers that one action may set: for its end, for what follows, and for saving its results.
  private static let usualPerHappening: Int64 = 5

  private var start: Moment = 0
  private var timers: Int64 = 0
  private var happenings: Int64 = 0

  /// Records what happened since the last call.
  ///
  /// - Parameters:
  ///   - timers: how many of the process's timers have fired.
  ///   - happenings: the number of actions in the world.
  /// - Returns: the fault; nil if there is none.
  mutating func took(timers: Int, happenings: Int, until now: Moment) -> String? {
    self.timers += Int64(timers)
    self.happenings += Int64(happenings)
    guard now - start >= Self.window else { return nil }
    let allowed = (now - start) * Self.usualPerSecond / 1000 + self.happenings * Self.usualPerHappening
    let isHot = self.timers > allowed
    defer { (start, self.timers, self.happenings) = (now, 0, 0) }
    return isHot
      ? "\(self.timers) timers fired since \(start), expected at most \(allowed) for \(self.happenings) actions" : nil
  }
}
