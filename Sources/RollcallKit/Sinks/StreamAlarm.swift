import RollcallCore

/// Waits for a time of the stream's clock, which may be changed meanwhile.
///
/// Not shared: only one task at a time waits.
final class StreamAlarm {
  /// The longest single sleep, so that clock jumps are noticed.
  private static let longestSleep: Duration = .seconds(30)

  private let loop: EventLoop
  private let clock: StreamClock
  /// The time, and the timer of the task that waits for it; nil if no task waits.
  private var pending: (timer: SleepTimer, moment: Timestamp)?

  init(on loop: EventLoop, _ clock: StreamClock) {
    self.loop = loop
    self.clock = clock
  }

  /// Sets or changes the time.
  ///
  /// - Returns: whether no task waits, so that one must call ``wait()``.
  func set(_ moment: Timestamp) -> Bool {
    guard let pending else {
      pending = (loop.timer(for: nextLook(before: moment)), moment)
      return true
    }
    self.pending?.moment = moment
    loop.move(pending.timer, to: nextLook(before: moment))
    return false
  }

  /// Waits for the time.
  func wait() async throws(CancellationError) {
    while let (timer, _) = pending {
      try await loop.sleep(timer)
      // The time may have been changed meanwhile.
      guard let moment = pending?.moment, clock.now < moment else { break }
      pending?.timer = loop.timer(for: nextLook(before: moment))
    }
    pending = nil
  }

  /// Returns when to check the clock, whose jumps do not fire timers.
  private func nextLook(before moment: Timestamp) -> BootInstant {
    loop.now.advanced(by: min(max(moment - clock.now, .zero), Self.longestSleep))
  }
}
