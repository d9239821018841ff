import Libc
import RollcallCore
import Synchronization

/// The one loop on which everything runs that touches the world: HTTP, timers, standard output.
///
/// It is the executor of the kit's actors and of the tasks that prefer it. It takes the main thread with ``run(_:)``, or
/// a thread of its own with ``startThread()``. Nothing that runs on it may block. It must outlive its actors and tasks.
///
/// Unchecked because `inbox` and the two atomics are safe by themselves, and everything else is touched by the loop's
/// thread only, which the methods that touch it check.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  /// What other threads leave for the loop.
  private struct Inbox {
    var jobs: [UnownedJob] = []
    var works: [@Sendable () -> Void] = []
    /// Whether the loop waits, or is about to, so that it must be woken.
    var isWaiting = false

    var isEmpty: Bool { jobs.isEmpty && works.isEmpty }

    /// Whether whoever has left something must wake the loop. Only the first of them must.
    mutating func mustWake() -> Bool {
      defer { isWaiting = false }
      return isWaiting
    }
  }

  /// How much a loop has done, for tests that it is idle where there is nothing to do.
  struct Work: Equatable {
    /// Rounds of jobs, transfers and timers.
    var turns = 0
    /// Turns that ended with a wait, in which the process uses no processor.
    var waits = 0
    var timersFired = 0
  }

  /// Rounds of jobs before the network is looked at again, so that busy jobs cannot starve it.
  private static let maximumRounds = 32
  /// The longest wait: poll(2) does not count the time of a suspended machine, so a timer is at most this late after it.
  private static let maximumWait: Duration = .seconds(1)

  private let inbox = Mutex(Inbox())
  private let owner = Atomic<UInt>(0)
  private let isStopping = Atomic(false)
  private var roundJobs: [UnownedJob] = []
  private var roundWorks: [@Sendable () -> Void] = []
  /// Jobs of a simulation that are ready, and how many of them have been run.
  private var readyJobs: [UnownedJob] = []
  private var jobsRun = 0
  private var exitStatus: Int32?

  private let wakeUps = WakeUpPipe()
  /// The multi handles that the loop drives, and the watches of their sockets.
  private var multis: [(multi: CurlMulti, token: WatchToken)] = []
  var timers = TimerHeap()
  var watches = DescriptorWatches()
  private(set) var work = Work()

  /// What the clocks show where the loop is part of a simulation.
  let simulated: SimulatedTime?

  package init(time simulated: SimulatedTime? = nil) {
    self.simulated = simulated
    _ = watches.add(wakeUps.reader, events: Int32(POLLIN)) { [wakeUps] _ in wakeUps.drain() }
  }

  /// Runs a task on the calling thread until it returns.
  ///
  /// - Returns: what the task returned; it is meant for `exit`.
  package func run(_ main: @escaping @Sendable () async -> Int32) -> Int32 {
    exitStatus = nil
    Task(executorPreference: self) {
      let status = await main()
      self.exitStatus = status
    }
    turn { exitStatus != nil }
    return exitStatus ?? 0
  }

  /// Runs on the calling thread until the condition holds; it is asked after each round of work.
  package func run(until isDone: () -> Bool) {
    turn(until: isDone)
  }

  /// Has ``startThread()``'s thread, or ``run(until:)``, end soon. What is under way stays unfinished.
  package func stop() {
    isStopping.store(true, ordering: .releasing)
    wakeUps.wakeUp()
  }

  /// Whether the caller is on the loop's thread.
  package var isCurrent: Bool { owner.load(ordering: .relaxed) == CurrentThread.identity }

  /// Does some work on the loop's thread: at once where the caller is on it, else soon.
  package func perform(_ work: @escaping @Sendable () -> Void) {
    guard !isCurrent else { return work() }
    let mustWake = inbox.withLock { inbox in
      inbox.works.append(work)
      return inbox.mustWake()
    }
    if mustWake { wakeUps.wakeUp() }
  }

  /// Drives a multi handle from now on. Only on the loop.
  func add(_ multi: CurlMulti) {
    checkIsolated()
    let token = watches.add(multi.descriptor, events: Int32(POLLIN)) { [multi] _ in multi.advance() }
    multis.append((multi, token))
  }

  /// Lets go of a multi handle that nobody uses any more. Only on the loop.
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

  /// Begins the transfers that jobs have added, and ends those whose time is up.
  private func expireTransfers() {
    for (multi, _) in multis {
      if let deadline = multi.deadline, deadline <= now { multi.expire() }
    }
  }

  /// Looks at the descriptors; waits for them where there is nothing else to do.
  private func wait() {
    let isIdle = inbox.withLock { inbox in
      inbox.isWaiting = inbox.isEmpty
      return inbox.isWaiting
    }
    if isIdle { work.waits += 1 }
    if isIdle, let simulated, let next = timers.next { return simulated.advance(to: next) }
    let happenings = watches.wait(milliseconds: isIdle ? millisecondsToWait : 0)
    // The loop is awake, so what handlers leave need not wake it.
    if isIdle { inbox.withLock { $0.isWaiting = false } }
    for happening in happenings where watches.contains(happening.token) { happening.handler(happening.happened) }
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

  /// When the next timer fires; nil where none is set.
  package var nextTimer: BootInstant? { timers.next }

  /// Runs jobs and timers that are ready at the present moment, and leaves the simulated time as it is.
  ///
  /// - Parameter limit: how many jobs run at most.
  /// - Returns: whether the limit left any of them for the next call.
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

  /// Does what others have left, and lines up the jobs that are ready.
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

  // MARK: The executor

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
  /// Runs on a new thread until ``stop()``, for use inside a program that has other things to do on its threads.
  ///
  /// The thread takes none of the program's signals. That includes SIGPIPE, which TLS could raise there because it
  /// writes to sockets without MSG_NOSIGNAL.
  ///
  /// - Returns: whether there is such a thread now.
  @discardableResult
  package func startThread() -> Bool {
    BackgroundThread.start { self.run { false } }
  }
}

extension EventLoop {
  /// What somebody waits for at a descriptor.
  package enum Interest: Sendable {
    case readable
    case writable
    /// Nobody can read any more what is written: the other end of a pipe or socket is closed.
    case readerGone
  }

  /// What happened at a descriptor.
  package enum Readiness: Sendable {
    case ready
    /// The other end, or the descriptor itself, is closed or broken.
    case gone
  }

  /// Names one watch of a loop.
  package struct WatchToken: Hashable, Sendable {
    let number: UInt64
  }

  /// Calls a handler on the loop's thread whenever, and as long as, something is so at a descriptor. Only on the loop.
  ///
  /// The handler must do away with the reason (read, write), or ``unwatch(_:)``: what is gone stays gone.
  package func watch(
    _ descriptor: Int32, for interest: Interest, _ handler: @escaping @Sendable (Readiness) -> Void
  ) -> WatchToken {
    checkIsolated()
    return watches.add(descriptor, events: interest.events) { happened in handler(Readiness(happened)) }
  }

  /// Ends a watch; must come before its descriptor is closed. Only on the loop.
  package func unwatch(_ token: WatchToken) {
    checkIsolated()
    watches.remove(token)
  }

  /// Waits until something is so at a descriptor.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func readiness(
    of descriptor: Int32, for interest: Interest, isolation: isolated (any Actor)? = #isolation
  ) async throws(CancellationError) -> Readiness {
    let wait = ReadinessWait()
    let readiness = await withTaskCancellationHandler {
      // Without a mention of the caller's actor this closure would run on the global pool.
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
  /// The bits to ask poll(2) for. That a reader is gone is reported unasked.
  fileprivate var events: Int32 {
    switch self {
    case .readable: Int32(POLLIN)
    case .writable: Int32(POLLOUT)
    case .readerGone: 0
    }
  }
}

extension EventLoop.Readiness {
  /// - Parameter happened: the bits that poll(2) reported. What can still be read comes before the end.
  fileprivate init(_ happened: Int32) {
    let isInvalid = happened & Int32(POLLNVAL) != 0
    let isBroken = happened & Int32(POLLERR | POLLHUP) != 0
    self = isInvalid || isBroken && happened & Int32(POLLIN) == 0 ? .gone : .ready
  }
}
