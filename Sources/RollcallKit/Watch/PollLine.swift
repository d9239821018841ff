import RollcallCore

/// Polls that wait for the budget, those first that are preferred.
actor PollLine {
  private let loop: EventLoop
  private let pace: PollPace
  /// By the moment that they count as due.
  private var waiting = TimerHeap()
  private let arrivals: AsyncStream<Void>
  private let arrive: AsyncStream<Void>.Continuation

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  init(on loop: EventLoop, pace: PollPace) {
    self.loop = loop
    self.pace = pace
    (arrivals, arrive) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Waits until a poll may begin, which then has to begin.
  ///
  /// - Parameters:
  ///   - due: when it was to begin.
  ///   - isBusy: whether it is preferred.
  /// - Returns: false where the task was cancelled.
  func turn(due: BootInstant, isBusy: Bool) async -> Bool {
    let now = Timestamp(loop.now)
    let isFree = waiting.count == 0
    let preference: Duration? = pace.update { budget in
      guard isFree, budget.isOpen(at: now) else { return budget.preference }
      budget.begin(at: now)
      return nil
    }
    guard let preference else { return !Task.isCancelled }
    return await wait(SleepTimer(deadline: isBusy ? due.advanced(by: .zero - preference) : due))
  }

  private func wait(_ timer: SleepTimer) async -> Bool {
    await withTaskCancellationHandler {
      // Without a mention of the actor these closures would run on the global pool.
      self.assertIsolated()
      return await withCheckedContinuation { continuation in
        loop.checkIsolated()
        guard timer.begin(continuation) else { return }
        waiting.insert(timer)
        arrive.yield()
      }
    } onCancel: { [loop] in
      loop.perform { self.assumeIsolated { $0.cancel(timer) } }
    }
  }

  private func cancel(_ timer: SleepTimer) {
    waiting.remove(timer)
    timer.wake(slept: false)
  }

  /// Lets those who wait begin, one after the other, until the task is cancelled.
  func serve() async {
    for await _ in arrivals {
      while waiting.count > 0 {
        let now = Timestamp(loop.now)
        let opensAt = pace.update { budget in
          let opensAt = budget.opensAt
          if opensAt <= now { budget.begin(at: now) }
          return opensAt
        }
        if opensAt <= now {
          waiting.popFirst()?.wake(slept: true)
        } else {
          do throws(CancellationError) { try await loop.sleep(until: BootInstant(opensAt)) } catch { return }
        }
      }
    }
  }
}
