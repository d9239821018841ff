import Libc
import RollcallCore
import Synchronization

/// The loop on which all input and output runs: HTTP, timers, standard output.
///
/// It is the executor of the kit's actors and of the tasks that prefer it. It runs on the main thread with ``run(_:)``,
/// or on its own with ``startThread()``. Nothing that runs on it may block. It must outlive its actors and tasks.
///
/// Unchecked because `inbox` and the two atomics are thread-safe, and everything else is used only on the loop's
/// thread, which its methods check.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  /// Work that other threads have added.
  private struct Inbox {
    var jobs: [UnownedJob] = []
    var works: [@Sendable () -> Void] = []
    /// Whether the loop waits, or is about to, and so must be woken.
    var isWaiting = false

    var isEmpty: Bool { jobs.isEmpty && works.isEmpty }

    /// Returns whether the caller, having added work, must wake the loop. Only the first one must.
    mutating func mustWake() -> Bool {
      defer { isWaiting = false }
      return isWaiting
    }
  }

  /// Counts of what a loop has done, for tests that it is idle when there is nothing to do.
  struct Work: Equatable {
    /// The number of rounds of jobs, transfers and timers.
    var turns = 0
    /// The number of turns that ended with a wait, which takes no processor time.
    var waits = 0
    var timersFired = 0
    var jobs = 0
  }

  /// The maximum number of rounds of jobs before the network gets its turn.
  private static let maximumRounds = 32
  /// The longest wait. poll(2) does not count the time of a suspension, so afterwards a timer is at most this late.
  private static let maximumWait: Duration = .seconds(1)

  private let inbox = Mutex(Inbox())
  private let owner = Atomic<UInt>(0)
  private let isStopping = Atomic(false)
  private var roundJobs: [UnownedJob] = []
  private var roundWorks: [@Sendable () -> Void] = []
  /// The ready jobs of a simulation, and how many of them have run.
  private var readyJobs: [UnownedJob] = []
  private var jobsRun = 0
  private var exitStatus: Int32?

  private let wakeUps = WakeUpPipe()
  /// The multi handles that the loop drives, and the watches of their sockets.
  private var multis: [(multi: CurlMulti, token: WatchToken)] = []
  var timers = TimerHeap()
  var watches = DescriptorWatches()
  private(set) var work = Work()

  /// The clocks of a simulation; nil outside of one.
  let simulated: SimulatedTime?

  package init(time simulated: SimulatedTime? = nil) {
    self.simulated = simulated
    _ = watches.add(wakeUps.reader, events: Int32(POLLIN)) { [wakeUps] _ in wakeUps.drain() }
  }

  /// Runs a task on the calling thread until it returns.
  ///
  /// - Returns: the task's result, which is meant for `exit`.
  package func run(_ main: @escaping @Sendable () async -> Int32) -> Int32 {
    exitStatus = nil
    Task(executorPreference: self) {
      let status = await main()
      self.exitStatus = status
    }
    turn { exitStatus != nil }
    return exitStatus ?? 0
  }

  /// Runs on the calling thread until the condition holds, which is checked after each round of work.
  package func run(until isDone: () -> Bool) {
    turn(until: isDone)
  }

  /// Makes ``startThread()``'s thread, or ``run(until:)``, end soon. Tasks on the loop remain unfinished.
  package func stop() {
    isStopping.store(true, ordering: .releasing)
    wakeUps.wakeUp()
  }

  /// Whether the caller is on the loop's thread.
  package var isCurrent: Bool { owner.load(ordering: .relaxed) == CurrentThread.identity }

  /// Does some work on the loop's thread: at once if the caller is on it, otherwise soon.
  package func perform(_ work: @escaping @Sendable () -> Void) {
    guard !isCurrent else { return work() }
    let mustWake = inbox.withLock { inbox in
      inbox.works.append(work)
      return inbox.mustWake()
    }
    if mustWake { wakeUps.wakeUp() }
  }

  /// Drives a multi handle from now on. Call only on the loop.
  func add(_ multi: CurlMulti) {
    checkIsolated()
    let token = watches.add(multi.descriptor, events: Int32(POLLIN)) { [multi] _ in multi.advance() }
    multis.append((multi, token))
  }

  /// Stops driving a multi handle. Call only on the loop.
  func remove(_ multi: CurlMulti) {
    checkIsolated()
    for (known, token) in multis where known === multi { watches.remove(token) }
    multis.removeAll { $0.multi === multi }
  }

  // MARK: The turn

  private func turn(until isDone: () -> Bool) {
    takeThread()
    defer { giveUpThread() }
    while true {
      work.turns += 1
      fireTimers()
      runJobs()
      guard !isDone(), !isStopping.load(ordering: .acquiring) else { return }
      expireTransfers()
      wait()
    }
  }

  private func takeThread() {
    let (isFirst, _) = owner.compareExchange(
      expected: 0, desired: CurrentThread.identity, ordering: .sequentiallyConsistent)
    precondition(isFirst, "an event loop runs on one thread")
  }

  private func giveUpThread() { owner.store(0, ordering: .releasing) }

  private func runJobs() {
    for _ in 0..<Self.maximumRounds {
      inbox.withLock { inbox in
        inbox.isWaiting = false
        swap(&inbox.jobs, &roundJobs)
        swap(&inbox.works, &roundWorks)
      }
      guard !(roundJobs.isEmpty && roundWorks.isEmpty) else { return }
      for work in roundWorks { work() }
      roundWorks.removeAll(keepingCapacity: true)
      work.jobs += roundJobs.count
      for job in roundJobs {
        unsafe job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
      }
      roundJobs.removeAll(keepingCapacity: true)
    }
  }

  private func fireTimers() {
    guard timers.next != nil else { return }
    let now = now
    while let timer = timers.popDue(by: now) {
      work.timersFired += 1
      timer.wake(slept: true)
    }
  }

  /// Begins the transfers that jobs have added, and ends those that have timed out.
  private func expireTransfers() {
    for (multi, _) in multis {
      if let deadline = multi.deadline, deadline <= now { multi.expire() }
    }
  }

  /// Checks the descriptors, waiting for them if there is nothing else to do.
  private func wait() {
    let isIdle = inbox.withLock { inbox in
      inbox.isWaiting = inbox.isEmpty
      return inbox.isWaiting
    }
    if isIdle { work.waits += 1 }
    if isIdle, let simulated, let next = timers.next { return simulated.advance(to: next) }
    let activities = watches.wait(milliseconds: isIdle ? millisecondsToWait : 0)
    // The loop is awake now, so work added by handlers need not wake it.
    if isIdle { inbox.withLock { $0.isWaiting = false } }
    for activity in activities where watches.contains(activity.token) { activity.handler(activity.flags) }
  }

  /// Rounded up, so that the loop does not wake just before a timer and spin until it is due.
  private var millisecondsToWait: Int32 {
    let deadlines = multis.lazy.compactMap(\.multi.deadline)
    guard let next = deadlines.reduce(timers.next, { min($0 ?? $1, $1) }) else {
      return Int32(Self.maximumWait.wholeMilliseconds)
    }
    let left = now.duration(to: next)
    guard left > .zero else { return 0 }
    return Int32(min(left + .nanoseconds(999_999), Self.maximumWait).wholeMilliseconds)
  }

  // MARK: Simulation

  /// The time at which the next timer fires; nil if there is none.
  package var nextTimer: BootInstant? { timers.next }

  /// Runs the jobs and timers that are ready, without advancing the simulated time.
  ///
  /// - Parameter limit: the maximum number of jobs to run.
  /// - Returns: whether jobs are left for the next call.
  package func settle(atMost limit: Int = .max) -> Bool {
    takeThread()
    defer { giveUpThread() }
    var left = limit
    while true {
      if jobsRun == readyJobs.count {
        takeReady()
        if readyJobs.isEmpty { fireTimers() }
        if readyJobs.isEmpty { takeReady() }
        guard !readyJobs.isEmpty else { return false }
      }
      guard left > 0 else { return true }
      left -= 1
      let job = readyJobs[jobsRun]
      jobsRun += 1
      unsafe job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
  }

  /// Does the work that others have added, and takes the jobs that are ready.
  private func takeReady() {
    readyJobs.removeAll(keepingCapacity: true)
    jobsRun = 0
    inbox.withLock { inbox in
      swap(&inbox.jobs, &readyJobs)
      swap(&inbox.works, &roundWorks)
    }
    for work in roundWorks { work() }
    roundWorks.removeAll(keepingCapacity: true)
  }

  // MARK: Executor

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let mustWake = inbox.withLock { inbox in
      inbox.jobs.append(job)
      return inbox.mustWake()
    }
    if mustWake { wakeUps.wakeUp() }
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }

  package func asUnownedTaskExecutor() -> UnownedTaskExecutor { unsafe UnownedTaskExecutor(ordinary: self) }

  package func checkIsolated() {
    precondition(isCurrent, "this must run on the event loop")
  }

  package func isIsolatingCurrentContext() -> Bool? { isCurrent }
}

extension EventLoop {
  /// Runs the loop on a new thread until ``stop()``, for use inside a program with other work on its own threads.
  ///
  /// The thread receives none of the program's signals, not even SIGPIPE, which TLS could raise because it writes to
  /// sockets without MSG_NOSIGNAL.
  ///
  /// - Returns: false if the system cannot start a thread.
  @discardableResult
  package func startThread() -> Bool {
    BackgroundThread.start { self.run { false } }
  }
}

extension EventLoop {
  /// What to wait for at a descriptor.
  package enum Interest: Sendable {
    case readable
    case writable
    /// The other end of a pipe or socket is closed, so nothing written can be read any more.
    case readerGone
  }

  /// The state of a descriptor that was waited for.
  package enum Readiness: Sendable {
    case ready
    /// The other end, or the descriptor itself, is closed or broken.
    case gone
  }

  /// Identifies a watch of a loop.
  package struct WatchToken: Hashable, Sendable {
    let number: UInt64
  }

  /// Calls a handler on the loop's thread as often and as long as a descriptor is ready. Call only on the loop.
  ///
  /// The handler must remove the cause by reading or writing, or call ``unwatch(_:)``: a closed descriptor stays ready.
  package func watch(
    _ descriptor: Int32, for interest: Interest, _ handler: @escaping @Sendable (Readiness) -> Void
  ) -> WatchToken {
    checkIsolated()
    return watches.add(descriptor, events: interest.events) { flags in handler(Readiness(flags)) }
  }

  /// Ends a watch, which must be done before its descriptor is closed. Call only on the loop.
  package func unwatch(_ token: WatchToken) {
    checkIsolated()
    watches.remove(token)
  }

  /// Waits until a descriptor is ready.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func readiness(
    of descriptor: Int32, for interest: Interest, isolation: isolated (any Actor)? = #isolation
  ) async throws(CancellationError) -> Readiness {
    let wait = ReadinessWait()
    let readiness = await withTaskCancellationHandler {
      // Unless it mentions the caller's actor, this closure would run on the global pool.
      _ = isolation
      return await withCheckedContinuation { continuation in
        perform { wait.begin(continuation, at: descriptor, for: interest, on: self) }
      }
    } onCancel: {
      perform { wait.end(nil, on: self) }
    }
    guard let readiness else { throw CancellationError() }
    return readiness
  }
}

extension EventLoop.Interest {
  /// The flags for poll(2), which reports a closed reader in any case.
  fileprivate var events: Int32 {
    switch self {
    case .readable: Int32(POLLIN)
    case .writable: Int32(POLLOUT)
    case .readerGone: 0
    }
  }
}

extension EventLoop.Readiness {
  /// - Parameter flags: what poll(2) reported. Remaining data is reported before the end.
  fileprivate init(_ flags: Int32) {
    let isInvalid = flags & Int32(POLLNVAL) != 0
    let isBroken = flags & Int32(POLLERR | POLLHUP) != 0
    self = isInvalid || isBroken && flags & Int32(POLLIN) == 0 ? .gone : .ready
  }
}
