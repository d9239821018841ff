/// Holds how often a process wakes up by itself against what happens: one that has nothing to do costs nothing.
struct WakeUpJudge {
  /// Long enough for what is done once in a while, and short enough for what goes wrong for a while only.
  private static let window: Int64 = 10_000
  /// Housekeeping, reports, and whoever waits for a store that is locked.
  private static let usualPerSecond: Int64 = 40
  /// What somebody does may set a few timers: for its end, for what follows, and for what is noted of it.
  private static let usualPerHappening: Int64 = 5

  private var start: Moment = 0
  private var timers: Int64 = 0
  private var happenings: Int64 = 0

  /// Takes note of what went on since the last call.
  ///
  /// - Parameters:
  ///   - timers: how many of the process's own have fired.
  ///   - happenings: how much has happened in the world.
  /// - Returns: what is wrong with it; nil where nothing is.
  mutating func took(timers: Int, happenings: Int, until now: Moment) -> String? {
    self.timers += Int64(timers)
    self.happenings += Int64(happenings)
    guard now - start >= Self.window else { return nil }
    let allowed = (now - start) * Self.usualPerSecond / 1000 + self.happenings * Self.usualPerHappening
    let isHot = self.timers > allowed
    defer { (start, self.timers, self.happenings) = (now, 0, 0) }
    return isHot ? "\(self.timers) timers have fired since \(start), and \(self.happenings) things happened" : nil
  }
}
