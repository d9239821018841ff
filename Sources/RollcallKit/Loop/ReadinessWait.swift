/// Somebody who waits for one thing to happen at one descriptor.
///
/// Unchecked because only the loop's thread looks inside; others merely hand it over.
final class ReadinessWait: @unchecked Sendable {
  private var hasEnded = false
  private var token: EventLoop.WatchToken?
  private var waiting: CheckedContinuation<EventLoop.Readiness?, Never>?

  func begin(
    _ continuation: CheckedContinuation<EventLoop.Readiness?, Never>, at descriptor: Int32,
    for interest: EventLoop.Interest, on loop: EventLoop
  ) {
    guard !hasEnded else { return continuation.resume(returning: nil) }
    waiting = continuation
    token = loop.watch(descriptor, for: interest) { readiness in self.end(readiness, on: loop) }
  }

  /// Ends the wait; nil says that it was cancelled.
  func end(_ readiness: EventLoop.Readiness?, on loop: EventLoop) {
    hasEnded = true
    if let token { loop.unwatch(token) }
    token = nil
    waiting?.resume(returning: readiness)
    waiting = nil
  }
}
