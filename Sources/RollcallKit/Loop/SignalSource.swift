import CCurl
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A descriptor that becomes readable when a signal arrives: a signalfd on Linux, a pipe elsewhere.
enum SignalSource {
  #if os(Linux)
    /// - Returns: nil where the system has no descriptor for it.
    static func open(_ signals: [Int32]) -> Int32? {
      var set = sigset_t()
      unsafe sigemptyset(&set)
      for number in signals { unsafe sigaddset(&set, number) }
      unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
      let descriptor = unsafe csignalfd_open(signals, Int32(signals.count))
      return descriptor < 0 ? nil : descriptor
    }

    /// The next signal that arrived, or nil where all have been read.
    static func next(at descriptor: Int32) -> Int32? {
      let number = csignalfd_next(descriptor)
      return number == 0 ? nil : number
    }
  #else
    /// - Returns: nil where the system has no descriptor for it.
    static func open(_ signals: [Int32]) -> Int32? {
      var ends: [Int32] = [-1, -1]
      guard unsafe pipe(&ends) == 0 else { return nil }
      for end in ends {
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      }
      signalPipe.store(ends[1], ordering: .releasing)
      for number in signals { unsafe _ = signal(number, tellOfSignal) }
      return ends[0]
    }

    /// The next signal that arrived, or nil where all have been read.
    static func next(at descriptor: Int32) -> Int32? {
      var number: UInt8 = 0
      return unsafe read(descriptor, &number, 1) == 1 ? Int32(number) : nil
    }
  #endif
}

#if !os(Linux)
  /// Where the handler writes; set before the handler is, so that it never makes the global.
  private let signalPipe = Atomic<Int32>(-1)

  private func tellOfSignal(_ number: Int32) {
    let saved = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = unsafe write(signalPipe.load(ordering: .acquiring), &byte, 1)
    errno = saved
  }
#endif
