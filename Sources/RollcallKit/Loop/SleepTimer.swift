/// Somebody who sleeps on the loop.
///
/// Unchecked because only the loop's thread looks inside; others merely hand it over.
final class SleepTimer: @unchecked Sendable {
  /// As the loop fires it, which is later than asked for; only a ``TimerHeap`` may change it.
  var deadline: BootInstant
  /// Where it stands in the heap, so that it can be taken out; nil while it is not there.
  var position: Int?
  /// How the sleep ended, where that was before it began.
  private var early: Bool?
  private var sleeper: CheckedContinuation<Bool, Never>?

  init(deadline: BootInstant) {
    self.deadline = deadline
  }

  /// Takes the sleeper in, or wakes it at once where the sleep was over before it began.
  ///
  /// - Returns: whether it sleeps.
  func begin(_ continuation: CheckedContinuation<Bool, Never>) -> Bool {
    if let early {
      continuation.resume(returning: early)
      return false
    }
    sleeper = continuation
    return true
  }

  /// Wakes the sleeper.
  ///
  /// - Parameter slept: false where the sleep was cut short.
  func wake(slept: Bool) {
    guard let sleeper else {
      early = slept
      return
    }
    self.sleeper = nil
    sleeper.resume(returning: slept)
  }
}
