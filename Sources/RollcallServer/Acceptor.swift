import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Takes connections, gives each a thread, and ends all of them.
final class Acceptor: Sendable {
  private struct State {
    var connections: [Int: Int32] = [:]
    var threads: [Int: Thread] = [:]
    var finished: [Int] = []
    var acceptThread: Thread?
    var isStopped = false
  }

  private let listener: Int32
  /// `stop` closes the writing end, which wakes the accepting thread on every system.
  private let wakeReader: Int32
  private let wakeWriter: Int32
  private let handler: HTTPHandler
  private let state = Mutex(State())

  init(listener: Int32, handler: @escaping HTTPHandler) throws(ServerError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      let failure = Socket.failure(of: "pipe")
      _ = close(listener)
      throw failure
    }
    self.listener = listener
    self.handler = handler
    wakeReader = ends[0]
    wakeWriter = ends[1]
    do throws(ServerError) {
      let thread = try Thread.start { self.acceptConnections() }
      state.withLock { $0.acceptThread = thread }
    } catch {
      for descriptor in [listener, wakeReader, wakeWriter] { _ = close(descriptor) }
      throw error
    }
  }

  func stop() {
    let acceptThread = state.withLock { state -> Thread? in
      guard !state.isStopped else { return nil }
      state.isStopped = true
      for descriptor in state.connections.values { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
      return state.acceptThread
    }
    guard let acceptThread else { return }
    _ = close(wakeWriter)
    acceptThread.join()
    _ = close(listener)
    _ = close(wakeReader)
    let threads = state.withLock { state in
      defer { state.threads = [:] }
      return Array(state.threads.values)
    }
    for thread in threads { thread.join() }
  }

  private func acceptConnections() {
    var number = 0
    while waitForConnection() {
      reap()
      guard let descriptor = Socket.accepted(from: listener) else { continue }
      number += 1
      guard admit(descriptor, as: number) else {
        let reply = ServerReply.text("over \(ServerLimits.connections) connections\n", status: 503)
        _ = Socket.send((reply.head(closing: true) + reply.body)[...], to: descriptor)
        _ = close(descriptor)
        continue
      }
      let connection = number
      do throws(ServerError) {
        let thread = try Thread.start { self.serve(descriptor, as: connection) }
        state.withLock { $0.threads[connection] = thread }
      } catch {
        finish(descriptor, as: connection)
      }
    }
  }

  /// - Returns: false once the server stops.
  private func waitForConnection() -> Bool {
    var entries = [
      pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0),
    ]
    while unsafe poll(&entries, nfds_t(entries.count), -1) < 0 && errno == EINTR {}
    return entries[1].revents == 0
  }

  private func admit(_ descriptor: Int32, as number: Int) -> Bool {
    state.withLock { state in
      guard !state.isStopped, state.connections.count < ServerLimits.connections else { return false }
      state.connections[number] = descriptor
      return true
    }
  }

  private func serve(_ descriptor: Int32, as number: Int) {
    var connection = Connection(descriptor)
    connection.serve(handler)
    finish(descriptor, as: number)
  }

  /// The descriptor is closed under the lock, so that `stop` never shuts down one that was given out again.
  private func finish(_ descriptor: Int32, as number: Int) {
    state.withLock { state in
      state.connections[number] = nil
      state.finished.append(number)
      _ = close(descriptor)
    }
  }

  /// Joins the threads that have ended; one that ended before it was noted waits for the next time.
  private func reap() {
    let ended = state.withLock { state in
      let ended = state.finished.filter { state.threads[$0] != nil }
      state.finished.removeAll { state.threads[$0] != nil }
      return ended.compactMap { state.threads.removeValue(forKey: $0) }
    }
    for thread in ended { thread.join() }
  }
}
