extension EventLoop {
  /// Runs on a new thread until ``stop()``, for use inside a program that has other things to do on its threads.
  ///
  /// A broken pipe must not end the program around it: TLS writes to sockets without MSG_NOSIGNAL.
  ///
  /// - Returns: whether there is such a thread now.
  @discardableResult
  package func startThread() -> Bool {
    PlatformThread.start(blocking: .brokenPipe) { self.run { false } }
  }
}
