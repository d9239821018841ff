#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Starts threads.
enum PlatformThread {
  /// Which signals a new thread leaves to others.
  enum BlockedSignals {
    case brokenPipe
    /// All that are not the thread's own fault.
    case asynchronous
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Runs a function on a new thread, which ends with it.
  ///
  /// - Returns: whether there is such a thread now.
  static func start(blocking signals: BlockedSignals, _ body: @escaping @Sendable () -> Void) -> Bool {
    // A thread begins with the mask of the one that starts it, so no signal can arrive before its own is set.
    var (blocked, before) = (signals.set, sigset_t())
    unsafe pthread_sigmask(SIG_BLOCK, &blocked, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    let context = unsafe Unmanaged.passRetained(Body(body))
    #if canImport(Glibc)
      var thread = pthread_t()
    #else
      var thread: pthread_t?
    #endif
    guard unsafe pthread_create(&thread, nil, runPlatformThread, context.toOpaque()) == 0 else {
      unsafe context.release()
      return false
    }
    #if canImport(Glibc)
      pthread_detach(thread)
    #else
      if let thread = unsafe thread { unsafe pthread_detach(thread) }
    #endif
    return true
  }

  fileprivate static func run(_ context: UnsafeMutableRawPointer) {
    unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
  }
}

extension PlatformThread.BlockedSignals {
  /// Faults of the thread itself, which a mask would turn into an end without a trace.
  private static let faults = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP]

  fileprivate var set: sigset_t {
    var set = sigset_t()
    switch self {
    case .brokenPipe:
      unsafe sigemptyset(&set)
      unsafe sigaddset(&set, SIGPIPE)
    case .asynchronous:
      unsafe sigfillset(&set)
      for fault in Self.faults { unsafe sigdelset(&set, fault) }
    }
    return set
  }
}

#if canImport(Darwin)
  private func runPlatformThread(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    unsafe PlatformThread.run(context)
    return nil
  }
#else
  private func runPlatformThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe PlatformThread.run(context)
    return nil
  }
#endif
