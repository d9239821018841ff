import Libc
import RollcallCore
import Synchronization

/// Writes to a descriptor that may block, on a thread of its own, what others leave in a bounded queue.
final class BlockingWriter: Sendable {
  /// The maximum number of bytes that wait or are being written, as in a pipe.
  static let maximumWaiting = 64 << 10

  private struct State {
    var pieces = FIFO<ArraySlice<UInt8>>()
    /// Bytes that wait or are being written.
    var count = 0
    /// What ended the writing.
    var end: NonblockingOutput.Offer?
  }

  /// What the thread shares with the writer, and keeps after its end.
  private final class Desk: Sendable {
    let descriptor: Int32
    let state = Mutex(State())
    /// Has a byte while everything is written.
    let bell: DoorBell
    /// Has a byte when there is something to write.
    let work: DoorBell

    init(_ descriptor: Int32, bell: DoorBell, work: DoorBell) {
      self.descriptor = descriptor
      self.bell = bell
      self.work = work
    }

    deinit { close(descriptor) }

    func run() {
      while work.waitForRing() {
        while let piece = state.withLock({ $0.pieces.popFirst() }) {
          let end = write(piece)
          state.withLock { state in
            state.count -= piece.count
            if end != nil { state = State(end: end) }
            if state.count == 0 { bell.ring() }
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

  private let desk: Desk

  /// - Returns: nil if the system has no thread, or no descriptors, for it.
  init?(_ descriptor: Int32) {
    guard let bell = DoorBell(), let work = DoorBell() else { return nil }
    // A write may outlast the writer, and whoever owns the descriptor.
    let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard own >= 0 else { return nil }
    let desk = Desk(own, bell: bell, work: work)
    guard BackgroundThread.start({ desk.run() }) else { return nil }
    self.desk = desk
    bell.ring()
  }

  deinit { desk.work.fallSilent() }

  /// Readable while everything is written.
  var bell: Int32 { desk.bell.reader }

  /// Takes all bytes or none. More than the bound is taken where nothing else waits.
  func offer(_ bytes: ArraySlice<UInt8>) -> NonblockingOutput.Offer {
    desk.state.withLock { state in
      if let end = state.end { return end }
      guard !bytes.isEmpty else { return .taken(0) }
      guard state.count == 0 || state.count + bytes.count <= Self.maximumWaiting else { return .noRoom }
      if state.count == 0 {
        desk.bell.hush()
        desk.work.ring()
      }
      state.pieces.append(bytes)
      state.count += bytes.count
      return .taken(bytes.count)
    }
  }

  /// See ``NonblockingOutput/flush()``.
  func flush() -> NonblockingOutput.Offer {
    desk.state.withLock { state in
      if let end = state.end { return end }
      return state.count == 0 ? .taken(0) : .noRoom
    }
  }
}

/// A pipe with a byte in it, or none.
private final class DoorBell: Sendable {
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
    fallSilent()
    close(reader)
  }

  func ring() {
    var byte: UInt8 = 0
    _ = unsafe systemWrite(writer.load(ordering: .relaxed), &byte, 1)
  }

  /// Takes the byte out; it must be there.
  func hush() { _ = waitForRing() }

  /// - Returns: false once it has fallen silent.
  func waitForRing() -> Bool {
    var byte: UInt8 = 0
    while true {
      let count = unsafe read(reader, &byte, 1)
      if count >= 0 || errno != EINTR { return count == 1 }
    }
  }

  /// Never rings again.
  func fallSilent() {
    let writer = writer.exchange(-1, ordering: .relaxed)
    if writer >= 0 { close(writer) }
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
