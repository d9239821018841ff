import Libc
import RollcallCore
import Synchronization

/// A listening socket. One thread accepts connections, and another one may stop it.
final class Listener: ConnectionSource {
  private static let pauseMilliseconds = Int32(clamping: ServerLimits.shortagePause.wholeMilliseconds)

  private let socket: Int32
  /// A pipe whose writing end ``stop()`` closes, which ends the waits on every system.
  private let wakeReader: Int32
  private let wakeWriter: Int32
  private let isStopped = Atomic(false)

  /// - Parameter socket: owned by the listener from now on.
  init(_ socket: Int32) throws(ServerError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      let failure = Socket.failure(of: "pipe")
      closeDescriptor(socket)
      throw failure
    }
    self.socket = socket
    (wakeReader, wakeWriter) = (ends[0], ends[1])
  }

  func awaitConnection() -> Bool {
    var entries = [
      pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0), pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
    ]
    wait(on: &entries, for: -1)
    return !isStopped.load(ordering: .acquiring)
  }

  func accept() -> AcceptedConnection { Socket.accepted(from: socket) }

  func pause() {
    var entries = [pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0)]
    wait(on: &entries, for: Self.pauseMilliseconds)
  }

  func stop() {
    isStopped.store(true, ordering: .releasing)
    closeDescriptor(wakeWriter)
  }

  func close() {
    closeDescriptor(socket)
    closeDescriptor(wakeReader)
  }

  /// Waits until one of the entries is ready. If even that fails, for example for lack of memory, it pauses.
  private func wait(on entries: inout [pollfd], for milliseconds: Int32) {
    guard unsafe poll(&entries, nfds_t(entries.count), milliseconds) < 0, errno != EINTR else { return }
    usleep(UInt32(Self.pauseMilliseconds) * 1000)
  }
}

/// Calls `close(2)`, whose name the method shadows.
private func closeDescriptor(_ descriptor: Int32) { close(descriptor) }

/// Accepts connections, starts a thread for each, and ends all of them.
final class Acceptor: Sendable {
  private struct State {
    var connections: ConnectionTable
    var threads: [Int: Thread] = [:]
    var finished: [Int] = []
    var acceptThread: Thread?
    var isStopped = false
  }

  private let source: any ConnectionSource
  private let handler: HTTPHandler
  private let bodyLimit: Int
  private let state: Mutex<State>

  /// - Parameters:
  ///   - source: owned by the acceptor from now on.
  ///   - limit: the maximum number of connections at one time.
  ///   - bodyLimit: the maximum number of bytes of a request's body.
  init(
    _ source: any ConnectionSource, limit: Int = ServerLimits.connections, body bodyLimit: Int = ServerLimits.body,
    handler: @escaping HTTPHandler
  ) throws(ServerError) {
    self.source = source
    self.handler = handler
    self.bodyLimit = bodyLimit
    state = Mutex(State(connections: ConnectionTable(limit: limit)))
    do throws(ServerError) {
      let thread = try Thread.start { self.acceptConnections() }
      state.withLock { $0.acceptThread = thread }
    } catch {
      source.stop()
      source.close()
      throw error
    }
  }

  func stop() {
    let acceptThread = state.withLock { state -> Thread? in
      guard !state.isStopped else { return nil }
      state.isStopped = true
      for descriptor in state.connections.descriptors { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
      return state.acceptThread
    }
    guard let acceptThread else { return }
    source.stop()
    acceptThread.join()
    source.close()
    let threads = state.withLock { state in
      defer { state.threads = [:] }
      return Array(state.threads.values)
    }
    for thread in threads { thread.join() }
  }

  private func acceptConnections() {
    while source.awaitConnection() {
      reap()
      switch source.accept() {
      case .connection(let descriptor): begin(descriptor)
      case .nothing: break
      // The connection that was not accepted stays ready, so retrying at once would be a busy loop.
      case .shortage: if !makeRoom() { source.pause() }
      case .failure: source.pause()
      }
    }
  }

  private func begin(_ descriptor: Int32) {
    guard let number = admit(descriptor) else {
      let reply = ServerReply.text("all connections are in use\n", status: 503)
      _ = Socket.send((reply.head(closing: true) + reply.body)[...], to: descriptor)
      _ = close(descriptor)
      return
    }
    do throws(ServerError) {
      let thread = try Thread.start { self.serve(descriptor, as: number) }
      state.withLock { $0.threads[number] = thread }
    } catch {
      remove(number, descriptor)
    }
  }

  /// - Returns: the connection's number; nil if all others are being answered.
  private func admit(_ descriptor: Int32) -> Int? {
    while true {
      let number = state.withLock { $0.isStopped ? nil : $0.connections.admit(descriptor) }
      if let number { return number }
      guard makeRoom() else { return nil }
    }
  }

  /// Ends the connection that has waited longest for its client, and waits until it has ended, which is soon because it
  /// is not being answered.
  ///
  /// - Returns: false if there is none.
  private func makeRoom() -> Bool {
    let thread = state.withLock { state -> Thread? in
      guard !state.isStopped, let (number, descriptor) = state.connections.endLongestWaiting() else { return nil }
      _ = shutdown(descriptor, Int32(SHUT_RDWR))
      return state.threads.removeValue(forKey: number)
    }
    guard let thread else { return false }
    thread.join()
    return true
  }

  private func serve(_ descriptor: Int32, as number: Int) {
    var connection = Connection(descriptor, bodyLimit: bodyLimit)
    connection.serve(handler) { phase in state.withLock { $0.connections.record(phase, of: number) } }
    remove(number, descriptor) { $0.finished.append(number) }
  }

  /// Closes the descriptor under the lock, so that no other thread shuts it down after it has been reused.
  private func remove(_ number: Int, _ descriptor: Int32, _ change: (inout State) -> Void = { _ in }) {
    state.withLock { state in
      state.connections.remove(number)
      change(&state)
      _ = close(descriptor)
    }
  }

  /// Joins the threads that have ended.
  private func reap() {
    let ended = state.withLock { state in
      defer { state.finished = [] }
      return state.finished.compactMap { state.threads.removeValue(forKey: $0) }
    }
    for thread in ended { thread.join() }
  }
}
