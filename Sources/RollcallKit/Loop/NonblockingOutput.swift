import Libc

/// A descriptor to write to whose reader may stall, such as a terminal or a pipe. Writing never blocks the caller.
///
/// poll(2) cannot promise that: a terminal with room may have too little, and somebody else may fill a pipe first. To make
/// the descriptor itself nonblocking would change it for everybody who shares it. So a pipe or a terminal is opened once
/// more, a socket is told with each write, a file is written as it is, and what allows none of this has a thread.
package final class NonblockingOutput: Sendable {
  /// What became of bytes that were offered.
  package enum Offer: Sendable, Equatable {
    /// So many were taken, from the first one on.
    case taken(Int)
    /// None were taken. Wait for room, and offer them again.
    case noRoom
    /// Nobody can read them any more.
    case readerGone
    /// The descriptor failed with this `errno`.
    case failed(Int32)
  }

  private enum Way: Sendable {
    /// Nobody has to make room, or writing fails at once.
    case direct
    case socket
    /// The same pipe, terminal or device, opened again without blocking.
    case reopened
    case thread(BlockingWriter)
    /// There is no thread either: only poll(2) is asked.
    case unguarded
  }

  /// The longest wait on a thread before it looks around.
  private static let waitMilliseconds: Int32 = 100
  /// The shortest wait.
  private static let napMicroseconds: UInt32 = 1000

  /// What is written to. Anything but writing may be done with it, while this object lives.
  package let descriptor: Int32
  private let way: Way

  /// - Parameter descriptor: stays the caller's, and must stay open as long as this object lives.
  package convenience init(_ descriptor: Int32) {
    Self.append(to: descriptor)
    if Self.neverWaits(descriptor) {
      self.init(descriptor, .direct)
    } else if Self.kind(of: descriptor) == S_IFSOCK {
      self.init(descriptor, .socket)
    } else if let own = Self.reopen(descriptor) {
      self.init(own, .reopened)
    } else {
      self.init(threadFor: descriptor)
    }
  }

  /// Writes by a thread, whatever the descriptor is.
  convenience init(threadFor descriptor: Int32) {
    self.init(descriptor, BlockingWriter(descriptor).map { .thread($0) } ?? .unguarded)
  }

  private init(_ descriptor: Int32, _ way: Way) {
    self.descriptor = descriptor
    self.way = way
  }

  deinit {
    if case .reopened = way { close(descriptor) }
  }

  /// Takes as much as there is room for.
  package func offer(_ bytes: ArraySlice<UInt8>) -> Offer {
    switch way {
    case .direct, .reopened: attempt(bytes)
    case .socket: attempt(bytes, isSocket: true)
    case .thread(let writer): writer.offer(bytes)
    case .unguarded: isWritable ? attempt(bytes) : .noRoom
    }
  }

  /// Whether all that was taken has been written: `taken(0)` if so, `noRoom` if it has yet to be.
  package func flush() -> Offer {
    if case .thread(let writer) = way { writer.flush() } else { .taken(0) }
  }

  private func attempt(_ bytes: ArraySlice<UInt8>, isSocket: Bool = false) -> Offer {
    while true {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe isSocket
          ? send(descriptor, buffer.baseAddress, buffer.count, Self.sendFlags)
          : systemWrite(descriptor, buffer.baseAddress, buffer.count)
      }
      if count > 0 || bytes.isEmpty { return .taken(max(count, 0)) }
      if count == 0 || errno == EAGAIN || errno == EWOULDBLOCK { return .noRoom }
      if errno != EINTR { return Self.end(errno, at: descriptor) }
    }
  }

  /// What an `errno` of writing says of the reader.
  static func end(_ number: Int32, at descriptor: Int32) -> Offer {
    switch number {
    case EPIPE, ECONNRESET: .readerGone
    // A terminal whose window was closed.
    case EIO where happened(0, at: descriptor) & Int16(POLLHUP) != 0: .readerGone
    default: .failed(number)
    }
  }
}

// MARK: Waiting for room

extension NonblockingOutput {
  /// Where ``noRoom`` may be over once this descriptor is ready.
  private var roomSign: (descriptor: Int32, interest: EventLoop.Interest) {
    if case .thread(let writer) = way { (writer.bell, .readable) } else { (descriptor, .writable) }
  }

  /// Waits on a loop until there may be room.
  package func room(on loop: EventLoop) async throws(CancellationError) -> EventLoop.Readiness {
    let sign = roomSign
    return try await loop.readiness(of: sign.descriptor, for: sign.interest)
  }

  /// Waits on a loop until whoever reads has gone.
  package func readerLeaves(on loop: EventLoop) async throws(CancellationError) {
    _ = try await loop.readiness(of: descriptor, for: .readerGone)
  }

  /// Writes all bytes, and waits for room on the calling thread, which must not be a loop's.
  ///
  /// - Parameter isWanted: is asked at least ten times a second while there is no room.
  /// - Returns: `taken` once all are written, `noRoom` if they were not wanted any longer.
  package func write(_ bytes: [UInt8], while isWanted: () -> Bool) -> Offer {
    var rest = bytes[...]
    while true {
      let offer = rest.isEmpty ? flush() : self.offer(rest)
      switch offer {
      case .taken where rest.isEmpty: return offer
      case .taken(let count): rest = rest.dropFirst(count)
      case .noRoom:
        guard isWanted() else { return .noRoom }
        waitForRoom(milliseconds: Self.waitMilliseconds)
      case .readerGone, .failed: return offer
      }
    }
  }

  /// Waits on the calling thread until there may be room, at most so long.
  package func waitForRoom(milliseconds: Int32) {
    let sign = roomSign
    let events = sign.interest == .readable ? Int16(POLLIN) : Int16(POLLOUT)
    var entry = pollfd(fd: sign.descriptor, events: events, revents: 0)
    _ = unsafe poll(&entry, 1, milliseconds)
    // A terminal may claim to have room and take nothing: this must not spin.
    usleep(Self.napMicroseconds)
  }

  /// Where the reader has gone, writing says so.
  private var isWritable: Bool { Self.happened(Int16(POLLOUT), at: descriptor) != 0 }

  private static func happened(_ events: Int16, at descriptor: Int32) -> Int16 {
    var entry = pollfd(fd: descriptor, events: events, revents: 0)
    return unsafe poll(&entry, 1, 0) > 0 ? entry.revents : 0
  }
}

// MARK: What a descriptor is

extension NonblockingOutput {
  private static var sendFlags: Int32 {
    #if canImport(Darwin)
      MSG_DONTWAIT
    #else
      Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    #endif
  }

  private static func kind(of descriptor: Int32) -> mode_t {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
  }

  /// Has writes go to the end of a file. One that a rotation truncates would otherwise go on at the old place, behind a hole.
  private static func append(to descriptor: Int32) {
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0, flags & O_APPEND == 0, kind(of: descriptor) == S_IFREG else { return }
    _ = fcntl(descriptor, F_SETFL, flags | O_APPEND)
  }

  private static func neverWaits(_ descriptor: Int32) -> Bool {
    // Opened again, what is only readable, and was put in the place of a closed descriptor, could be written.
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0, flags & O_ACCMODE != O_RDONLY else { return true }
    return [S_IFREG, S_IFBLK, S_IFDIR].contains(kind(of: descriptor))
  }

  /// Opens the same thing without blocking, and without any effect on the descriptor that is there.
  ///
  /// - Returns: nil where the system cannot, or whoever made it does not allow it.
  private static func reopen(_ descriptor: Int32) -> Int32? {
    let flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    #if !canImport(Darwin)
      let own = unsafe open("/proc/self/fd/\(descriptor)", flags)
      if own >= 0 { return own }
    #endif
    guard isatty(descriptor) == 1 else { return nil }
    var name = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard unsafe ttyname_r(descriptor, &name, name.count) == 0 else { return nil }
    let terminal = unsafe open(name, flags)
    return terminal >= 0 ? terminal : nil
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
