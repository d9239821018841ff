import Libc
package import RollcallCore
import Synchronization

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

/// The sleepers by deadline: a binary heap that can give up any of its members.
struct TimerHeap {
  private var timers: [SleepTimer] = []

  var count: Int { timers.count }

  /// When the next one is due.
  var next: BootInstant? { timers.first?.deadline }

  mutating func insert(_ timer: SleepTimer) {
    timers.append(timer)
    timer.position = timers.count - 1
    rise(from: timers.count - 1)
  }

  /// Takes out the first timer that is due by now.
  mutating func popDue(by now: BootInstant) -> SleepTimer? {
    guard let first = timers.first, first.deadline <= now else { return nil }
    remove(first)
    return first
  }

  /// Takes a timer out; does nothing where it is not in the heap.
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

  /// Gives a timer another deadline, whether it is in the heap or not.
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

/// Time for a loop in a simulation: it stands still while there is work, and goes on to the next timer where there is none.
///
/// So an hour of polling takes a moment, and takes the same course each time.
package final class SimulatedTime: Sendable {
  private struct State {
    var boot: BootInstant
    /// What the wall clock showed when the machine started.
    var wallAtBoot: Timestamp
    var suspended: Duration = .zero
    var seeds: SplitMix64
  }

  private let state: Mutex<State>

  /// - Parameters:
  ///   - wallClock: what the wall clock shows now.
  ///   - boot: how long the machine has been running.
  ///   - suspended: how much of that it was suspended for.
  ///   - seed: what chance on the loop begins with.
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

  /// The seed of the next source of chance on the loop.
  func nextSeed() -> UInt64 { state.withLock { $0.seeds.next() } }

  /// Goes on as if the machine had been suspended for so long.
  package func suspend(for duration: Duration) {
    state.withLock {
      $0.boot = $0.boot.advanced(by: duration)
      $0.suspended += duration
    }
  }

  /// Goes on to a moment; one that is gone changes nothing.
  package func advance(to moment: BootInstant) {
    state.withLock { $0.boot = max($0.boot, moment) }
  }

  /// Sets the wall clock, forward or back, while the clock of the machine goes on as before.
  package func moveWallClock(by duration: Duration) {
    state.withLock { $0.wallAtBoot = $0.wallAtBoot + duration }
  }
}

/// Random numbers that keep clients from acting in step; not for secrets.
struct Jitter: RandomNumberGenerator {
  private var numbers: SplitMix64

  /// - Parameter seed: nil for one of the system's.
  init(seed: UInt64? = nil) { numbers = SplitMix64(seed: seed ?? .random(in: .min ... .max)) }

  mutating func next() -> UInt64 { numbers.next() }
}
