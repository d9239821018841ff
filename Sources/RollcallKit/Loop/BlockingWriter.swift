import Libc
import RollcallCore
import Synchronization

/// Writes to a descriptor that may block, on a thread of its own with a bounded queue.
final class BlockingWriter: Sendable {
  /// The maximum number of pending bytes, as in a pipe.
  static let maximumWaiting = 64 << 10

  private struct State {
    var pieces = FIFO<ArraySlice<UInt8>>()
    /// The number of pending bytes, including those being written.
    var count = 0
    /// Why writing has ended.
    var end: NonblockingOutput.Offer?
  }

  /// The state shared with the thread, which may outlive the writer.
  private final class Shared: Sendable {
    let descriptor: Int32
    let state = Mutex(State())
    /// Raised while everything is written.
    let drained: PipeFlag
    /// Raised when there is something to write.
    let work: PipeFlag

    init(_ descriptor: Int32, drained: PipeFlag, work: PipeFlag) {
      self.descriptor = descriptor
      self.drained = drained
      self.work = work
    }

    deinit { close(descriptor) }

    func run() {
      while work.wait() {
        while let piece = state.withLock({ $0.pieces.popFirst() }) {
          let end = write(piece)
          state.withLock { state in
            state.count -= piece.count
            if end != nil { state = State(end: end) }
            if state.count == 0 { drained.raise() }
          }
        }
      }
    }

    /// - Returns: nil once all of it is written.
    private func write(_ piece: ArraySlice<UInt8>) -> NonblockingOutput.Offer? {
      var rest = piece
      while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe systemWrite(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 {
          rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
          var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = unsafe poll(&entry, 1, -1)
        } else if errno != EINTR {
          return NonblockingOutput.end(errno, at: descriptor)
        }
      }
      return nil
    }
  }

  private let shared: Shared

  /// - Returns: nil if the system has no thread or descriptors for it.
  init?(_ descriptor: Int32) {
    guard let drained = PipeFlag(), let work = PipeFlag() else { return nil }
    // A write may last longer than the writer, and longer than the caller's descriptor.
    let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard own >= 0 else { return nil }
    let shared = Shared(own, drained: drained, work: work)
    guard BackgroundThread.start({ shared.run() }) else { return nil }
    self.shared = shared
    drained.raise()
  }

  deinit { shared.work.shutDown() }

  /// A descriptor that is readable while everything is written.
  var drainedDescriptor: Int32 { shared.drained.reader }

  /// Accepts all bytes or none. If nothing is pending, they may exceed the maximum.
  func offer(_ bytes: ArraySlice<UInt8>) -> NonblockingOutput.Offer {
    shared.state.withLock { state in
      if let end = state.end { return end }
      guard !bytes.isEmpty else { return .taken(0) }
      guard state.count == 0 || state.count + bytes.count <= Self.maximumWaiting else { return .noRoom }
      if state.count == 0 {
        shared.drained.wait()
        shared.work.raise()
      }
      state.pieces.append(bytes)
      state.count += bytes.count
      return .taken(bytes.count)
    }
  }

  /// See ``NonblockingOutput/flush()``.
  func flush() -> NonblockingOutput.Offer {
    shared.state.withLock { state in
      if let end = state.end { return end }
      return state.count == 0 ? .taken(0) : .noRoom
    }
  }
}

/// A flag that another thread or poll(2) can wait for: a pipe that has a byte in it or not.
private final class PipeFlag: Sendable {
  let reader: Int32
  private let writer: Atomic<Int32>

  init?() {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    reader = ends[0]
    writer = Atomic(ends[1])
  }

  deinit {
    shutDown()
    close(reader)
  }

  /// Raises the flag.
  func raise() {
    var byte: UInt8 = 0
    _ = unsafe systemWrite(writer.load(ordering: .relaxed), &byte, 1)
  }

  /// Waits until the flag is raised, and lowers it.
  ///
  /// - Returns: false once it has been shut down.
  @discardableResult
  func wait() -> Bool {
    var byte: UInt8 = 0
    while true {
      let count = unsafe read(reader, &byte, 1)
      if count >= 0 || errno != EINTR { return count == 1 }
    }
  }

  /// Ends all waits; the flag can no longer be raised.
  func shutDown() {
    let writer = writer.exchange(-1, ordering: .relaxed)
    if writer >= 0 { close(writer) }
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
