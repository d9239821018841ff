import Libc
import Synchronization

/// The signals that ask a command to end or to read its files again.
///
/// A thread of its own waits for them. The first SIGINT or SIGTERM is left to whoever awaits ``ending()``; before anybody
/// does, and at the second one, that thread ends the process itself. So a signal is obeyed whatever the loop is doing.
package final class Signals: Sendable {
  enum Signal: Int32, CaseIterable, Sendable {
    case interrupt = 2
    case terminate = 15
    case hangUp = 1
  }

  private struct State {
    /// How many signals have asked for the end.
    var requests = 0
    /// Whether the first of them has, or will have, somebody to act on it.
    var isAwaited = false
    var lastWaiter: UInt64 = 0
    var waiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]
  }

  /// One element after each SIGHUP, or after several; also for those from before it is read. One task may read it.
  package let hangUps: AsyncStream<Void>
  private let hangUp: AsyncStream<Void>.Continuation
  private let statusBeforeStart: Int32
  private let leave: @Sendable (Int32) -> Void
  private let state = Mutex(State())

  /// - Parameter leave: ends the process with this status.
  init(statusBeforeStart: Int32, leave: @escaping @Sendable (Int32) -> Void) {
    self.statusBeforeStart = statusBeforeStart
    self.leave = leave
    (hangUps, hangUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Signals that never arrive, for a command that leaves them to the system.
  package static var unclaimed: Signals { Signals(statusBeforeStart: 0) { _ in } }

  /// Takes the three signals over for the rest of the process.
  ///
  /// Call it on the first thread before there are others, because threads inherit the signals that they leave alone.
  ///
  /// - Parameters:
  ///   - statusBeforeStart: the exit status of a process that is asked to end before it has begun its work.
  ///   - restore: gives back what an ended process must not keep, such as the screen. Called on another thread while
  ///     the process goes on, so it must not wait for a lock.
  /// - Returns: nil if the system has no thread for it; the signals then do what they did before.
  package static func takeOver(
    statusBeforeStart: Int32 = 0, restoring restore: @escaping @Sendable () -> Void
  ) -> Signals? {
    var (taken, before) = (set, sigset_t())
    unsafe pthread_sigmask(SIG_BLOCK, &taken, &before)
    let signals = Signals(statusBeforeStart: statusBeforeStart) { status in
      restore()
      _exit(status)
    }
    guard BackgroundThread.start({ signals.waitForever() }) else {
      unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
      return nil
    }
    // Some systems discard a signal that is ignored even where it is blocked; a shell starts jobs with SIGINT ignored.
    for taken in Signal.allCases { _ = signal(taken.rawValue, SIG_DFL) }
    return signals
  }

  /// Waits until a signal has asked for the end, or returns at once if one has.
  ///
  /// From the first call on, the caller ends the process after the first signal.
  ///
  /// - Returns: false if the task was cancelled first.
  package func ending() async -> Bool {
    let number = state.withLock { state in
      state.isAwaited = true
      state.lastWaiter += 1
      return state.lastWaiter
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer = state.withLock { state -> Bool? in
          if state.requests > 0 { return true }
          if Task.isCancelled { return false }
          state.waiters[number] = continuation
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: false)
    }
  }

  /// How many await the end.
  var waiterCount: Int { state.withLock(\.waiters.count) }

  /// Does what a signal asks for.
  func arrive(_ signal: Signal) {
    guard signal != .hangUp else {
      hangUp.yield()
      return
    }
    let (status, waiters) = state.withLock { state in
      state.requests += 1
      defer { state.waiters = [:] }
      let isFirst = state.requests == 1
      let status = isFirst ? (state.isAwaited ? nil : statusBeforeStart) : 128 + signal.rawValue
      return (status, Array(state.waiters.values))
    }
    if let status { leave(status) }
    for waiter in waiters { waiter.resume(returning: true) }
  }

  private func waitForever() {
    var (set, number) = (Self.set, Int32(0))
    while true {
      guard unsafe sigwait(&set, &number) == 0, let signal = Signal(rawValue: number) else { continue }
      arrive(signal)
    }
  }

  private static var set: sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in Signal.allCases { unsafe sigaddset(&set, signal.rawValue) }
    return set
  }
}

extension Signals {
  /// Has writes to a closed pipe or socket fail with EPIPE instead of ending the process.
  package static func ignoreBrokenPipes() {
    _ = signal(SIGPIPE, SIG_IGN)
  }

  /// Has writes beyond the limit of a file's size fail with EFBIG instead of ending the process.
  package static func ignoreFileSizeLimits() {
    _ = signal(SIGXFSZ, SIG_IGN)
  }

  /// Ends the process as a write to a closed pipe would have.
  ///
  /// As process 1 of a container, where signals without a handler do nothing, it exits with 141 instead.
  package static func endByBrokenPipe() -> Never {
    _ = signal(SIGPIPE, SIG_DFL)
    var broken = sigset_t()
    unsafe sigemptyset(&broken)
    unsafe sigaddset(&broken, SIGPIPE)
    unsafe pthread_sigmask(SIG_UNBLOCK, &broken, nil)
    raise(SIGPIPE)
    _exit(128 + SIGPIPE)
  }
}
