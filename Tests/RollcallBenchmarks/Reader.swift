import Libc

/// A thread that reads a pipe and forgets what it reads, so that nobody waits who writes to it.
enum Reader {
  /// - Returns: whether there is such a thread now; it ends with the pipe.
  static func start(on descriptor: Int32) -> Bool {
    #if canImport(Glibc)
      var thread = pthread_t()
    #else
      var thread: pthread_t?
    #endif
    // The caller may close its descriptor while the thread still reads.
    let own = unsafe UnsafeMutableRawPointer(bitPattern: Int(dup(descriptor)))
    return unsafe pthread_create(&thread, nil, drainDescriptor, own) == 0
  }
}

#if canImport(Darwin)
  private nonisolated func drainDescriptor(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Descriptor.drain(Int32(UInt(bitPattern: argument)))
    return nil
  }
#else
  private nonisolated func drainDescriptor(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Descriptor.drain(Int32(UInt(bitPattern: argument)))
    return nil
  }
#endif
