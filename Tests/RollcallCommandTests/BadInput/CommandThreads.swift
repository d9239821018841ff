import Libc
import Testing

@testable import RollcallKit

/// Runs the tests of a suite on a few threads of their own, because they wait for processes: on the threads that all tests
/// share, one for each processor, they would hold the others back.
struct CommandThreads: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  @concurrent func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(ThreadPool.shared) { try await function() }
  }
}

extension Trait where Self == CommandThreads {
  /// See ``CommandThreads``.
  static var runsCommands: Self { CommandThreads() }
}

/// Threads that share a queue of jobs.
///
/// Unchecked because `mutex` protects `jobs`.
@safe private final class ThreadPool: TaskExecutor, @unchecked Sendable {
  /// Enough to keep the processors busy, and few enough that no command becomes slow.
  private static let width = 6

  static let shared = ThreadPool()

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var jobs: [UnownedJob] = []

  private init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
    for _ in 0..<Self.width { precondition(BackgroundThread.start { self.run() }, "the system starts no thread") }
  }

  private func run() {
    while true { unsafe nextJob().runSynchronously(on: asUnownedTaskExecutor()) }
  }

  private func nextJob() -> UnownedJob {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while jobs.isEmpty { unsafe pthread_cond_wait(condition, mutex) }
    return jobs.removeFirst()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    unsafe pthread_mutex_lock(mutex)
    jobs.append(job)
    unsafe pthread_cond_signal(condition)
    unsafe pthread_mutex_unlock(mutex)
  }
}
