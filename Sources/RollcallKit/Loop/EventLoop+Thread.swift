#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension EventLoop {
  /// Runs on a new thread until ``stop()``, for use inside a program that has other things to do on its threads.
  ///
  /// - Returns: whether there is such a thread now.
  @discardableResult
  package func startThread() -> Bool {
    let context = unsafe Unmanaged.passRetained(self)
    #if canImport(Darwin)
      var thread: pthread_t?
    #elseif canImport(Musl)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    guard unsafe pthread_create(&thread, nil, runLoopThread, context.toOpaque()) == 0 else {
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

  /// What the thread does. A broken pipe must not end the program around it: TLS writes to sockets without MSG_NOSIGNAL.
  fileprivate func runThread() {
    var broken = sigset_t()
    unsafe sigemptyset(&broken)
    unsafe sigaddset(&broken, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &broken, nil)
    run { false }
  }
}

#if canImport(Darwin)
  private func runLoopThread(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    unsafe Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().runThread()
    return nil
  }
#else
  private func runLoopThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().runThread()
    return nil
  }
#endif
