import Libc
import Synchronization

/// A thread for blocking work such as SQLite's, and the executor of the actor that owns it.
///
/// It runs one job at a time, in the order of arrival. Signals are left to other threads.
///
/// Unchecked because the threads share only `inbox`, which `mutex` protects, and an atomic.
@safe final class WorkerThread: SerialExecutor, TaskExecutor, @unchecked Sendable {
  private struct Inbox {
    var jobs: [UnownedJob] = []
    var isStopping = false
  }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var inbox = Inbox()
  private let owner = Atomic<UInt>(0)

  /// Starts the thread.
  ///
  /// - Returns: nil if the system cannot start one.
  static func start() -> WorkerThread? {
    let worker = WorkerThread()
    return BackgroundThread.start { worker.run() } ? worker : nil
  }

  private init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Ends the thread once its pending jobs have run. No job may be added afterwards.
  func stop() {
    change { $0.isStopping = true }
  }

  private func change(_ body: (inout Inbox) -> Void) {
    unsafe pthread_mutex_lock(mutex)
    body(&inbox)
    unsafe pthread_cond_signal(condition)
    unsafe pthread_mutex_unlock(mutex)
  }

  /// Waits for jobs.
  ///
  /// - Returns: nil if the thread is to end.
  private func nextJobs() -> [UnownedJob]? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while inbox.jobs.isEmpty {
      if inbox.isStopping { return nil }
      unsafe pthread_cond_wait(condition, mutex)
    }
    defer { inbox.jobs = [] }
    return inbox.jobs
  }

  private func run() {
    owner.store(CurrentThread.identity, ordering: .relaxed)
    while let jobs = nextJobs() {
      for job in jobs {
        unsafe job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
      }
    }
  }

  /// Whether the caller is on the thread.
  var isCurrent: Bool { owner.load(ordering: .relaxed) == CurrentThread.identity }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    change { $0.jobs.append(job) }
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { unsafe UnownedSerialExecutor(ordinary: self) }

  func asUnownedTaskExecutor() -> UnownedTaskExecutor { unsafe UnownedTaskExecutor(ordinary: self) }

  func checkIsolated() {
    precondition(isCurrent, "this must run on the worker's thread")
  }

  func isIsolatingCurrentContext() -> Bool? { isCurrent }
}

/// Starts threads that leave the process's signals to other threads.
enum BackgroundThread {
  /// Signals of faults. If they were blocked, they would end the process without running the handlers that restore the
  /// terminal.
  private static let faults = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP]

  /// Runs a body on a new detached thread.
  ///
  /// - Returns: false if the system cannot start one.
  static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    let box = unsafe Unmanaged.passRetained(ThreadBody(body))
    #if canImport(Glibc)
      var thread = pthread_t()
    #else
      var thread: pthread_t?
    #endif
    // A new thread inherits the signal mask of its creator.
    var (blocked, before) = (sigset_t(), sigset_t())
    unsafe sigfillset(&blocked)
    for fault in faults { unsafe sigdelset(&blocked, fault) }
    unsafe pthread_sigmask(SIG_SETMASK, &blocked, &before)
    let status = unsafe pthread_create(&thread, nil, runThread, box.toOpaque())
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    guard status == 0 else {
      unsafe box.release()
      return false
    }
    #if canImport(Glibc)
      pthread_detach(thread)
    #else
      if let thread = unsafe thread { unsafe pthread_detach(thread) }
    #endif
    return true
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

#if canImport(Darwin)
  private func runThread(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
    return nil
  }
#else
  private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
    return nil
  }
#endif

/// The calling thread.
enum CurrentThread {
  /// A number that is unique among living threads and never 0.
  static var identity: UInt {
    #if canImport(Glibc)
      UInt(pthread_self())
    #else
      unsafe UInt(bitPattern: pthread_self())
    #endif
  }
}
