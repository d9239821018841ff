import Libc

/// A thread that reads a pipe and discards what it reads, so that the writer never waits.
enum Reader {
  /// - Returns: whether the thread was started; it ends with the pipe.
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
