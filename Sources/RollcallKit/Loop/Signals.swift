import Libc
import Synchronization

/// The signals that ask a command to end or to reload its files.
///
/// They are received by a thread of their own, so that they take effect whatever the loop is doing. The first SIGINT or
/// SIGTERM is handled by the task that awaits ``ending()``. If there is none yet, and at the second signal, the thread
/// ends the process itself. The same signal again within ``repetition`` is not a second one: `timeout`, for example,
/// signals its command and then its process group, which includes the command.
package final class Signals: Sendable {
  enum Signal: Int32, CaseIterable, Sendable {
    case interrupt = 2
    case terminate = 15
    case hangUp = 1

    /// The exit status of a process that this signal ends, as a shell shows it.
    var status: Int32 { 128 + rawValue }
  }

  /// How soon after the first signal the same one counts as its repetition.
  static let repetition: Duration = .milliseconds(250)

  private struct State {
    /// The first signal that asked for the end.
    var first: (signal: Signal, arrived: BootInstant)?
    /// Whether ``ending()`` has been called, so that the first signal is handled there.
    var isAwaited = false
    var lastWaiter: UInt64 = 0
    var waiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]
  }

  /// Yields after each SIGHUP, or once for several, including earlier ones. Only one task may iterate over it.
  package let hangUps: AsyncStream<Void>
  private let hangUp: AsyncStream<Void>.Continuation
  private let statusBeforeStart: Int32?
  private let leave: @Sendable (Int32) -> Void
  private let now: @Sendable () -> BootInstant
  private let state = Mutex(State())

  /// - Parameter leave: ends the process with the given status.
  init(
    statusBeforeStart: Int32?, now: @escaping @Sendable () -> BootInstant = { .now },
    leave: @escaping @Sendable (Int32) -> Void
  ) {
    self.statusBeforeStart = statusBeforeStart
    self.now = now
    self.leave = leave
    (hangUps, hangUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Signals that never arrive, for commands with the system's default handling.
  package static var unclaimed: Signals { Signals(statusBeforeStart: 0) { _ in } }

  /// Takes over the three signals for the rest of the process.
  ///
  /// Call it on the first thread before others are started, because threads inherit the signal mask.
  ///
  /// - Parameters:
  ///   - statusBeforeStart: the exit status if the first signal arrives before ``ending()`` is awaited; nil for that of
  ///     the signal.
  ///   - restore: restores the terminal. Called on another thread while the process is running, so it must not wait
  ///     for a lock.
  /// - Returns: nil if the system cannot start a thread; the signals then keep their previous effect.
  package static func takeOver(
    statusBeforeStart: Int32? = 0, restoring restore: @escaping @Sendable () -> Void
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
    // Some systems discard an ignored signal even while it is blocked, and a shell starts jobs with SIGINT ignored.
    for taken in Signal.allCases { _ = signal(taken.rawValue, SIG_DFL) }
    return signals
  }

  /// Waits until a signal has asked for the end; returns at once if one has.
  ///
  /// From the first call on, the caller must end the process after the first signal.
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
          if state.first != nil { return true }
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

  /// The exit status of the first signal that asked for the end, as a shell shows it; nil before one.
  package var statusOfFirst: Int32? { state.withLock { $0.first?.signal.status } }

  /// The number of tasks that await the end.
  var waiterCount: Int { state.withLock(\.waiters.count) }

  /// Handles a signal.
  func arrive(_ signal: Signal) {
    guard signal != .hangUp else {
      hangUp.yield()
      return
    }
    let now = now()
    let (status, waiters): (Int32?, [CheckedContinuation<Bool, Never>]) = state.withLock { state in
      if let first = state.first {
        let isRepeated = first.signal == signal && first.arrived.duration(to: now) < Self.repetition
        return (isRepeated ? nil : signal.status, [])
      }
      state.first = (signal, now)
      defer { state.waiters = [:] }
      return (state.isAwaited ? nil : statusBeforeStart ?? signal.status, Array(state.waiters.values))
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
  /// Makes writes to a closed pipe or socket fail with EPIPE instead of ending the process.
  package static func ignoreBrokenPipes() {
    _ = signal(SIGPIPE, SIG_IGN)
  }

  /// Makes writes beyond the file-size limit fail with EFBIG instead of ending the process.
  package static func ignoreFileSizeLimits() {
    _ = signal(SIGXFSZ, SIG_IGN)
  }

  /// Ends the process by SIGPIPE, as a write to a closed pipe would.
  ///
  /// As process 1 of a container, where signals without a handler have no effect, it exits with 141 instead.
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
