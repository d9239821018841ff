import Libc

/// A thread for work that may block.
enum OwnThread {
  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  static func start(_ body: @escaping @Sendable () -> Void) {
    let context = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
    #if canImport(Glibc)
      var thread = pthread_t()
      unsafe pthread_create(&thread, nil, runOwnThread, context)
      pthread_detach(thread)
    #else
      var thread: pthread_t?
      unsafe pthread_create(&thread, nil, runOwnThread, context)
      if let thread = unsafe thread { unsafe pthread_detach(thread) }
    #endif
  }

  fileprivate static func run(_ context: UnsafeMutableRawPointer) {
    unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
  }
}

#if canImport(Darwin)
  private func runOwnThread(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    unsafe OwnThread.run(context)
    return nil
  }
#else
  private func runOwnThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context = unsafe context { unsafe OwnThread.run(context) }
    return nil
  }
#endif
