import Libc
package import RollcallCore
import Synchronization

extension Timestamp {
  /// The current time of the machine's wall clock, for code without a loop.
  package static var wallClock: Timestamp {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}

extension EventLoop {
  /// The interval of the times at which timers fire, in nanoseconds. It divides 5 ms, so that simulated times stay
  /// round.
  private static let grain: Int64 = 2_500_000

  /// The current time of the clock that ``sleep(until:)`` uses.
  package var now: BootInstant { simulated?.now ?? .now }

  /// How long the machine has been suspended since it started.
  package var timeSuspended: Duration { simulated?.suspended ?? BootInstant.suspended }

  /// The current time of the wall clock, which may jump either way.
  package var wallClock: Timestamp {
    simulated?.wallClock ?? .wallClock
  }

  /// Returns a random number generator, seeded by the system or, in a simulation, by its seed.
  func jitter() -> Jitter { Jitter(seed: simulated?.nextSeed()) }

  /// Sleeps until a deadline, without blocking a thread.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func sleep(
    until deadline: BootInstant, isolation: isolated (any Actor)? = #isolation
  ) async throws(CancellationError) {
    try await sleep(timer(for: deadline))
  }

  /// Returns a timer for a sleep that ends at a deadline or when the timer is woken.
  func timer(for deadline: BootInstant) -> SleepTimer { SleepTimer(deadline: coalesced(deadline)) }

  /// Returns the time at which a timer with this deadline fires, together with others, because each wake-up has a cost.
  ///
  /// It is never early and at most ``grain`` late. A deadline that has passed is returned unchanged.
  func coalesced(_ deadline: BootInstant) -> BootInstant {
    guard deadline > now else { return deadline }
    let (rest, grain) = (deadline.nanoseconds % Self.grain, Self.grain)
    let (moment, isTooLate) = deadline.nanoseconds.addingReportingOverflow(grain - rest)
    return rest == 0 || isTooLate ? deadline : BootInstant(nanoseconds: moment)
  }

  /// Sleeps until the timer fires or ``wake(_:)`` is called.
  func sleep(_ timer: SleepTimer, isolation: isolated (any Actor)? = #isolation) async throws(CancellationError) {
    let slept = await withTaskCancellationHandler {
      // Unless it mentions the caller's actor, this closure would run on the global pool.
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

  /// Runs some work until a deadline.
  ///
  /// - Returns: nil if the deadline came first; the work has then been cancelled and has ended.
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

  /// Moves a timer to another deadline, whether or not its sleep has begun. A timer that has fired is not affected.
  func move(_ timer: SleepTimer, to deadline: BootInstant) {
    let moment = coalesced(deadline)
    guard moment != timer.deadline else { return }
    timers.move(timer, to: moment)
  }

  /// Ends a sleep early, as if its timer had fired.
  func wake(_ timer: SleepTimer) {
    timers.remove(timer)
    timer.wake(slept: true)
  }

  /// Sleeps between two turns of a loop that ends with its task.
  ///
  /// - Returns: false if the task was cancelled.
  package func sleeps(for duration: Duration, isolation: isolated (any Actor)? = #isolation) async -> Bool {
    do throws(CancellationError) { try await sleep(for: duration) } catch { return false }
    return true
  }

  /// Sleeps for a time that includes any suspension of the machine.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func sleep(
    for duration: Duration, isolation: isolated (any Actor)? = #isolation
  ) async throws(CancellationError) {
    try await sleep(until: now.advanced(by: duration))
  }
}

/// A sleep on the loop.
///
/// Unchecked because only the loop's thread uses its contents; other threads only pass it on.
final class SleepTimer: @unchecked Sendable {
  /// The time at which the loop fires it, which may be later than requested; only a ``TimerHeap`` may change it.
  var deadline: BootInstant
  /// The index in the heap; nil while it is not there.
  var position: Int?
  /// The result of a sleep that ended before it began.
  private var early: Bool?
  private var sleeper: CheckedContinuation<Bool, Never>?

  init(deadline: BootInstant) {
    self.deadline = deadline
  }

  /// Stores the continuation, or resumes it at once if the sleep is already over.
  ///
  /// - Returns: whether the task sleeps.
  func begin(_ continuation: CheckedContinuation<Bool, Never>) -> Bool {
    if let early {
      continuation.resume(returning: early)
      return false
    }
    sleeper = continuation
    return true
  }

  /// Ends the sleep.
  ///
  /// - Parameter slept: false if it was cut short.
  func wake(slept: Bool) {
    guard let sleeper else {
      early = slept
      return
    }
    self.sleeper = nil
    sleeper.resume(returning: slept)
  }
}

/// The timers by deadline: a binary heap from which any member can be removed.
struct TimerHeap {
  private var timers: [SleepTimer] = []

  var count: Int { timers.count }

  /// The deadline of the next timer.
  var next: BootInstant? { timers.first?.deadline }

  mutating func insert(_ timer: SleepTimer) {
    timers.append(timer)
    timer.position = timers.count - 1
    rise(from: timers.count - 1)
  }

  /// Removes and returns the first timer if it is due.
  mutating func popDue(by now: BootInstant) -> SleepTimer? {
    guard let first = timers.first, first.deadline <= now else { return nil }
    remove(first)
    return first
  }

  /// Removes a timer; does nothing if it is not in the heap.
  mutating func remove(_ timer: SleepTimer) {
    guard let position = timer.position else { return }
    timer.position = nil
    let last = timers.removeLast()
    guard position < timers.count else { return }
    timers[position] = last
    last.position = position
    rise(from: position)
    sink(from: position)
  }

  /// Changes the deadline of a timer, whether or not it is in the heap.
  mutating func move(_ timer: SleepTimer, to deadline: BootInstant) {
    timer.deadline = deadline
    guard let position = timer.position else { return }
    rise(from: position)
    sink(from: timer.position ?? position)
  }

  private mutating func rise(from start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard timers[child].deadline < timers[parent].deadline else { return }
      exchange(child, parent)
      child = parent
    }
  }

  private mutating func sink(from start: Int) {
    var parent = start
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < timers.count {
        if timers[child].deadline < timers[least].deadline { least = child }
      }
      guard least != parent else { return }
      exchange(parent, least)
      parent = least
    }
  }

  private mutating func exchange(_ left: Int, _ right: Int) {
    timers.swapAt(left, right)
    timers[left].position = left
    timers[right].position = right
  }
}

/// The time of a simulation. It stands still while there is work, and then advances to the next timer.
///
/// An hour of polling thus takes a moment, and is the same each time.
package final class SimulatedTime: Sendable {
  private struct State {
    var boot: BootInstant
    /// The wall-clock time at which the machine started.
    var wallAtBoot: Timestamp
    var suspended: Duration = .zero
    var seeds: SplitMix64
  }

  private let state: Mutex<State>

  /// - Parameters:
  ///   - wallClock: the current wall-clock time.
  ///   - boot: how long the machine has been running.
  ///   - suspended: how long of that it was suspended.
  ///   - seed: the seed of all random numbers on the loop.
  package init(
    wallClock: Timestamp, boot: BootInstant = BootInstant(nanoseconds: 0), suspended: Duration = .zero,
    seed: UInt64 = 0
  ) {
    let wallAtBoot = wallClock + boot.duration(to: BootInstant(nanoseconds: 0))
    state = Mutex(
      State(
        boot: boot, wallAtBoot: wallAtBoot, suspended: suspended,
        seeds: SplitMix64(seed: seed)))
  }

  package var now: BootInstant { state.withLock(\.boot) }

  package var wallClock: Timestamp {
    state.withLock { $0.wallAtBoot + BootInstant(nanoseconds: 0).duration(to: $0.boot) }
  }

  /// How long the machine has been suspended since it started.
  package var suspended: Duration { state.withLock(\.suspended) }

  /// Returns the seed of the next random number generator on the loop.
  func nextSeed() -> UInt64 { state.withLock { $0.seeds.next() } }

  /// Advances the time as if the machine had been suspended.
  package func suspend(for duration: Duration) {
    state.withLock {
      $0.boot = $0.boot.advanced(by: duration)
      $0.suspended += duration
    }
  }

  /// Advances to a time; does nothing if it has passed.
  package func advance(to moment: BootInstant) {
    state.withLock { $0.boot = max($0.boot, moment) }
  }

  /// Moves the wall clock forward or back, without affecting the boot clock.
  package func moveWallClock(by duration: Duration) {
    state.withLock { $0.wallAtBoot = $0.wallAtBoot + duration }
  }
}

/// Random numbers that keep clients from acting in step. Not for secrets.
struct Jitter: RandomNumberGenerator {
  private var numbers: SplitMix64

  /// - Parameter seed: nil for a seed from the system.
  init(seed: UInt64? = nil) { numbers = SplitMix64(seed: seed ?? .random(in: .min ... .max)) }

  mutating func next() -> UInt64 { numbers.next() }
}
