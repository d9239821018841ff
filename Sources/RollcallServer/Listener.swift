#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import RollcallCore
import Synchronization

/// A listening socket that one thread accepts from and another one stops.
final class Listener: ConnectionSource {
  private static let pause = Int32(clamping: ServerLimits.shortagePause.wholeMilliseconds)

  private let socket: Int32
  /// ``stop()`` closes the writing end, which ends the waits on every system.
  private let wakeReader: Int32
  private let wakeWriter: Int32
  private let isStopped = Atomic(false)

  /// - Parameter socket: belongs to the listener from now on.
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

  func rest() {
    var entries = [pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0)]
    wait(on: &entries, for: Self.pause)
  }

  func stop() {
    isStopped.store(true, ordering: .releasing)
    closeDescriptor(wakeWriter)
  }

  func close() {
    closeDescriptor(socket)
    closeDescriptor(wakeReader)
  }

  /// Waits until one of the entries is ready. Where even that is refused, for lack of memory say, it rests.
  private func wait(on entries: inout [pollfd], for milliseconds: Int32) {
    guard unsafe poll(&entries, nfds_t(entries.count), milliseconds) < 0, errno != EINTR else { return }
    usleep(UInt32(Self.pause) * 1000)
  }
}

/// `close(2)`, which the method of the same name would hide.
private func closeDescriptor(_ descriptor: Int32) { close(descriptor) }
