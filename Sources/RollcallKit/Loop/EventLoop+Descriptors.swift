#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension EventLoop {
  /// What somebody waits for at a descriptor.
  package enum Interest: Sendable {
    case readable
    case writable
    /// Nobody can read any more what is written: the other end of a pipe or socket is closed.
    case readerGone
  }

  /// What happened at a descriptor.
  package enum Readiness: Sendable {
    case ready
    /// The other end, or the descriptor itself, is closed or broken.
    case gone
  }

  /// Names one watch of a loop.
  package struct WatchToken: Hashable, Sendable {
    let number: UInt64
  }

  /// Calls a handler on the loop's thread whenever, and as long as, something is so at a descriptor. Only on the loop.
  ///
  /// The handler must do away with the reason (read, write), or ``unwatch(_:)``: what is gone stays gone.
  package func watch(
    _ descriptor: Int32, for interest: Interest, _ handler: @escaping @Sendable (Readiness) -> Void
  ) -> WatchToken {
    checkIsolated()
    return watches.add(descriptor, events: interest.events) { happened in handler(Readiness(happened)) }
  }

  /// Ends a watch; must come before its descriptor is closed. Only on the loop.
  package func unwatch(_ token: WatchToken) {
    checkIsolated()
    watches.remove(token)
  }

  /// Waits until something is so at a descriptor.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func readiness(
    of descriptor: Int32, for interest: Interest, isolation: isolated (any Actor)? = #isolation
  ) async throws(CancellationError) -> Readiness {
    let wait = ReadinessWait()
    let readiness = await withTaskCancellationHandler {
      // Without a mention of the caller's actor this closure would run on the global pool.
      _ = isolation
      return await withCheckedContinuation { continuation in
        perform { wait.begin(continuation, at: descriptor, for: interest, on: self) }
      }
    } onCancel: {
      perform { wait.end(nil, on: self) }
    }
    guard let readiness else { throw CancellationError() }
    return readiness
  }
}

extension EventLoop.Interest {
  /// The bits to ask poll(2) for. That a reader is gone is reported unasked.
  fileprivate var events: Int32 {
    switch self {
    case .readable: Int32(POLLIN)
    case .writable: Int32(POLLOUT)
    case .readerGone: 0
    }
  }
}

extension EventLoop.Readiness {
  /// - Parameter happened: the bits that poll(2) reported. What can still be read comes before the end.
  fileprivate init(_ happened: Int32) {
    let isInvalid = happened & Int32(POLLNVAL) != 0
    let isBroken = happened & Int32(POLLERR | POLLHUP) != 0
    self = isInvalid || isBroken && happened & Int32(POLLIN) == 0 ? .gone : .ready
  }
}
