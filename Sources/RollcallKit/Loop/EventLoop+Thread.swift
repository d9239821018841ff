extension EventLoop {
  /// Runs on a new thread until ``stop()``, for use inside a program that has other things to do on its threads.
  ///
  /// The thread takes none of the program's signals. That includes SIGPIPE, which TLS could raise there because it
  /// writes to sockets without MSG_NOSIGNAL.
  ///
  /// - Returns: whether there is such a thread now.
  @discardableResult
  package func startThread() -> Bool {
    BackgroundThread.start { self.run { false } }
  }
}
