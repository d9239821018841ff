import Libc

/// A descriptor whose reader may stall, such as a terminal or a pipe. Writing never blocks the caller.
///
/// poll(2) cannot ensure that: a terminal may have too little room, and another process may fill a pipe first. Making
/// the descriptor nonblocking would affect everyone who shares it. Therefore a pipe or terminal is opened again, a
/// socket gets a flag with each write, a file is written directly, and everything else gets a thread.
package final class NonblockingOutput: Sendable {
  /// What became of offered bytes.
  package enum Offer: Sendable, Equatable {
    /// This many bytes were accepted, counted from the first.
    case taken(Int)
    /// No bytes were accepted. Wait for room and offer them again.
    case noRoom
    /// Nothing can be read at the other end any more.
    case readerGone
    /// The descriptor failed with this `errno`.
    case failed(Int32)
  }

  private enum Method: Sendable {
    /// Writing never blocks, or fails at once.
    case direct
    case socket
    /// The same pipe, terminal or device, opened again as nonblocking.
    case reopened
    case thread(BlockingWriter)
    /// No thread could be started, so only poll(2) guards against blocking.
    case unguarded
  }

  /// The longest wait on a thread before the caller is asked again whether to go on.
  private static let waitMilliseconds: Int32 = 100
  /// The shortest wait for room.
  private static let napMicroseconds: UInt32 = 1000

  /// The descriptor that is written to. While this object exists, only it may write there.
  package let descriptor: Int32
  private let method: Method

  /// - Parameter descriptor: stays the caller's, and must stay open as long as this object exists.
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

  /// Creates an output that writes on a thread, whatever the descriptor is.
  convenience init(threadFor descriptor: Int32) {
    self.init(descriptor, BlockingWriter(descriptor).map { .thread($0) } ?? .unguarded)
  }

  private init(_ descriptor: Int32, _ method: Method) {
    self.descriptor = descriptor
    self.method = method
  }

  deinit {
    if case .reopened = method { close(descriptor) }
  }

  /// Writes as much as there is room for.
  package func offer(_ bytes: ArraySlice<UInt8>) -> Offer {
    switch method {
    case .direct, .reopened: attempt(bytes)
    case .socket: attempt(bytes, isSocket: true)
    case .thread(let writer): writer.offer(bytes)
    case .unguarded: isWritable ? attempt(bytes) : .noRoom
    }
  }

  /// Returns `taken(0)` if all accepted bytes are written, `noRoom` if some are still pending.
  package func flush() -> Offer {
    if case .thread(let writer) = method { writer.flush() } else { .taken(0) }
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

  /// Returns what an `errno` of writing means.
  static func end(_ number: Int32, at descriptor: Int32) -> Offer {
    switch number {
    case EPIPE, ECONNRESET: .readerGone
    // A terminal whose window has been closed.
    case EIO where happened(0, at: descriptor) & Int16(POLLHUP) != 0: .readerGone
    default: .failed(number)
    }
  }
}

// MARK: Waiting for room

extension NonblockingOutput {
  /// The descriptor that becomes ready when there may be room again.
  private var roomSource: (descriptor: Int32, interest: EventLoop.Interest) {
    if case .thread(let writer) = method { (writer.drainedDescriptor, .readable) } else { (descriptor, .writable) }
  }

  /// Waits on a loop until there may be room.
  package func room(on loop: EventLoop) async throws(CancellationError) -> EventLoop.Readiness {
    let source = roomSource
    return try await loop.readiness(of: source.descriptor, for: source.interest)
  }

  /// Waits on a loop until the reader has gone.
  package func readerLeaves(on loop: EventLoop) async throws(CancellationError) {
    _ = try await loop.readiness(of: descriptor, for: .readerGone)
  }

  /// Writes all bytes, blocking the calling thread, which must not be a loop's, until there is room.
  ///
  /// - Parameter isWanted: called at least ten times a second while there is no room; returns whether to go on.
  /// - Returns: `taken` once everything is written; `noRoom` if `isWanted` returned false.
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

  /// Blocks the calling thread until there may be room, for at most this long.
  package func waitForRoom(milliseconds: Int32) {
    let source = roomSource
    let events = source.interest == .readable ? Int16(POLLIN) : Int16(POLLOUT)
    var entry = pollfd(fd: source.descriptor, events: events, revents: 0)
    _ = unsafe poll(&entry, 1, milliseconds)
    // A terminal may report room but accept nothing, which must not become a busy loop.
    usleep(Self.napMicroseconds)
  }

  /// Whether a write would be accepted, or would report that the reader has gone.
  private var isWritable: Bool { Self.happened(Int16(POLLOUT), at: descriptor) != 0 }

  private static func happened(_ events: Int16, at descriptor: Int32) -> Int16 {
    var entry = pollfd(fd: descriptor, events: events, revents: 0)
    return unsafe poll(&entry, 1, 0) > 0 ? entry.revents : 0
  }
}

// MARK: Kinds of descriptor

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

  /// Makes writes append to a file. After a truncation they would otherwise continue at the old offset, leaving a hole.
  private static func append(to descriptor: Int32) {
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0, flags & O_APPEND == 0, kind(of: descriptor) == S_IFREG else { return }
    _ = fcntl(descriptor, F_SETFL, flags | O_APPEND)
  }

  private static func neverWaits(_ descriptor: Int32) -> Bool {
    // A read-only descriptor in the place of a closed one must not become writable by being reopened.
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0, flags & O_ACCMODE != O_RDONLY else { return true }
    return [S_IFREG, S_IFBLK, S_IFDIR].contains(kind(of: descriptor))
  }

  /// Opens the same pipe or terminal as nonblocking, without affecting the original descriptor.
  ///
  /// - Returns: nil if the system cannot, or permissions forbid it.
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
