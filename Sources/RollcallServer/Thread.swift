import Libc

/// A running thread of the server, which must be joined once.
struct Thread: Sendable {
  // pthread_t is a pointer on Darwin, and a pointer is not Sendable.
  private let bits: UInt

  /// Starts a thread with a small stack and all signals blocked, because a signal that it received before a handler is
  /// installed would end the process.
  static func start(_ body: @escaping @Sendable () -> Void) throws(ServerError) -> Thread {
    var attributes = pthread_attr_t()
    _ = unsafe pthread_attr_init(&attributes)
    defer { _ = unsafe pthread_attr_destroy(&attributes) }
    _ = unsafe pthread_attr_setstacksize(&attributes, ServerLimits.stack)
    let box = unsafe Unmanaged.passRetained(ThreadBody(body))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    // A new thread inherits the signal mask of its creator.
    var (every, before) = (sigset_t(), sigset_t())
    unsafe sigfillset(&every)
    // Signals of faults stay unblocked, so that the handlers that restore the terminal run.
    for fault in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { unsafe sigdelset(&every, fault) }
    unsafe pthread_sigmask(SIG_SETMASK, &every, &before)
    let status = unsafe pthread_create(&thread, &attributes, runThread, box.toOpaque())
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    guard status == 0 else {
      unsafe box.release()
      throw .unavailable(reason: unsafe "thread: \(String(cString: strerror(status)))")
    }
    #if canImport(Darwin)
      return Thread(bits: unsafe UInt(bitPattern: thread))
    #else
      return Thread(bits: UInt(thread))
    #endif
  }

  /// Waits for the thread to end.
  func join() {
    #if canImport(Darwin)
      if let thread = unsafe pthread_t(bitPattern: bits) { _ = unsafe pthread_join(thread, nil) }
    #else
      _ = pthread_join(pthread_t(bits), nil)
    #endif
  }
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) {
    self.run = run
  }
}

#if canImport(Darwin)
  private nonisolated func runThread(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
    return nil
  }
#else
  private nonisolated func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
    return nil
  }
#endif
