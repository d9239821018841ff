import CCurl
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The signals that people and service managers send, as a stream on the loop.
///
/// Make it before any other thread is started, since threads inherit which signals they leave alone.
package final class Signals: Sendable {
  package enum Signal: Int32, CaseIterable, Sendable {
    case interrupt = 2
    case terminate = 15
    case hangUp = 1
  }

  /// Signals kept for a reader that is slow; more say nothing new.
  private static let maximumKept = 16

  /// Every signal from now on, in order. One task may read it.
  package let arrivals: AsyncStream<Signal>
  private let descriptor: Int32
  private let token: EventLoop.WatchToken
  private let loop: EventLoop

  /// Takes the three signals over. Only on the loop.
  ///
  /// - Returns: nil where the system has no descriptor for it.
  package init?(on loop: EventLoop) {
    guard let descriptor = SignalSource.open(Signal.allCases.map(\.rawValue)) else { return nil }
    let (stream, continuation) = AsyncStream.makeStream(
      of: Signal.self, bufferingPolicy: .bufferingOldest(Self.maximumKept))
    arrivals = stream
    self.descriptor = descriptor
    self.loop = loop
    token = loop.watch(descriptor, for: .readable) { _ in
      while let number = SignalSource.next(at: descriptor) {
        if let signal = Signal(rawValue: number) { continuation.yield(signal) }
      }
    }
  }

  deinit {
    let (loop, token, descriptor) = (loop, token, descriptor)
    loop.perform {
      loop.unwatch(token)
      close(descriptor)
    }
  }

  /// Has writes to a closed pipe or socket fail with EPIPE instead of ending the process.
  package static func ignoreBrokenPipes() {
    _ = signal(SIGPIPE, SIG_IGN)
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
