package import RollcallCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Timestamp {
  /// The moment of the call by the machine's wall clock, for those who have no loop.
  package static var wallClock: Timestamp {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}

extension EventLoop {
  /// The time between the moments at which timers fire, in nanoseconds. It divides 5 ms, so that simulated times stay round.
  private static let grain: Int64 = 2_500_000

  /// The moment of the call, by the clock that ``sleep(until:)`` goes by.
  package var now: BootInstant { simulated?.now ?? .now }

  /// How long the machine has been suspended since it started.
  package var timeSuspended: Duration { simulated?.suspended ?? BootInstant.suspended }

  /// The moment of the call by the wall clock, which may jump either way.
  package var wallClock: Timestamp {
    simulated?.wallClock ?? .wallClock
  }

  /// Returns a source of chance: the system's, or in a simulation one that the seed decides.
  func jitter() -> Jitter { Jitter(seed: simulated?.nextSeed()) }

  /// Sleeps until a moment, without a thread.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func sleep(
    until deadline: BootInstant, isolation: isolated (any Actor)? = #isolation
  ) async throws(CancellationError) {
    try await sleep(timer(for: deadline))
  }

  /// A timer to sleep with until a moment, or until it is woken.
  func timer(for deadline: BootInstant) -> SleepTimer { SleepTimer(deadline: together(deadline)) }

  /// The moment at which a timer fires with its neighbours: a wake-up costs more than most of what it is for. Never earlier
  /// than asked for, at most ``grain`` later; at once where the moment has passed.
  func together(_ deadline: BootInstant) -> BootInstant {
    guard deadline > now else { return deadline }
    let (rest, grain) = (deadline.nanoseconds % Self.grain, Self.grain)
    let (moment, isTooLate) = deadline.nanoseconds.addingReportingOverflow(grain - rest)
    return rest == 0 || isTooLate ? deadline : BootInstant(nanoseconds: moment)
  }

  /// Sleeps until the timer's moment, or until ``wake(_:)``.
  func sleep(_ timer: SleepTimer, isolation: isolated (any Actor)? = #isolation) async throws(CancellationError) {
    let slept = await withTaskCancellationHandler {
      // Without a mention of the caller's actor this closure would run on the global pool.
      _ = isolation
      return await withCheckedContinuation { continuation in
        perform {
          if timer.begin(continuation) { self.timers.insert(timer) }
        }
      }
    } onCancel: {
      perform {
        self.timers.remove(timer)
        timer.wake(slept: false)
      }
    }
    guard slept else { throw CancellationError() }
  }

  /// Does something for no longer than until a moment.
  ///
  /// - Returns: nil where the moment came first; the work has been cancelled and is over then.
  func perform<Result: Sendable>(
    until deadline: BootInstant, isolation: isolated (any Actor)? = #isolation,
    _ work: @escaping @Sendable () async -> Result
  ) async -> Result? {
    await withTaskGroup(of: Result?.self) { group in
      group.addTask { await work() }
      group.addTask {
        try? await self.sleep(until: deadline)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  /// Has a timer fire at another moment, whether its sleep is under way or has yet to begin. One that has fired stays fired.
  func move(_ timer: SleepTimer, to deadline: BootInstant) {
    let moment = together(deadline)
    guard moment != timer.deadline else { return }
    timers.move(timer, to: moment)
  }

  /// Ends a sleep early, as if its moment had come.
  func wake(_ timer: SleepTimer) {
    timers.remove(timer)
    timer.wake(slept: true)
  }

  /// Sleeps for a time, between two turns of something that ends with its task.
  ///
  /// - Returns: false where the task was cancelled.
  package func sleeps(for duration: Duration, isolation: isolated (any Actor)? = #isolation) async -> Bool {
    do throws(CancellationError) { try await sleep(for: duration) } catch { return false }
    return true
  }

  /// Sleeps for a time, which goes on while the machine is suspended.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func sleep(
    for duration: Duration, isolation: isolated (any Actor)? = #isolation
  ) async throws(CancellationError) {
    try await sleep(until: now.advanced(by: duration))
  }
}
