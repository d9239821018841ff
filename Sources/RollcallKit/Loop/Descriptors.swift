import CCurl
import Libc

/// The few descriptors that the loop waits for: its wake-ups, libcurl's sets of sockets, standard output.
struct DescriptorWatches {
  /// Gets what happened, in the bits of poll(2).
  typealias Handler = (Int32) -> Void

  private struct Entry {
    let token: EventLoop.WatchToken
    let handler: Handler
  }

  /// Something that happened at a watched descriptor.
  struct Happening {
    let token: EventLoop.WatchToken
    let handler: Handler
    let happened: Int32
  }

  private var entries: [Entry] = []
  /// What each entry waits for, at the same places.
  private var polls: [pollfd] = []
  private var nextNumber: UInt64 = 0

  /// - Parameter events: bits of poll(2), which reports a descriptor that is closed or broken without being asked.
  mutating func add(_ descriptor: Int32, events: Int32, _ handler: @escaping Handler) -> EventLoop.WatchToken {
    nextNumber += 1
    let token = EventLoop.WatchToken(number: nextNumber)
    entries.append(Entry(token: token, handler: handler))
    polls.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
    return token
  }

  mutating func remove(_ token: EventLoop.WatchToken) {
    guard let index = entries.firstIndex(where: { $0.token == token }) else { return }
    entries.remove(at: index)
    polls.remove(at: index)
  }

  func contains(_ token: EventLoop.WatchToken) -> Bool { entries.contains { $0.token == token } }

  /// Waits until something happens or the time is up.
  ///
  /// - Returns: what happened; handling one may end the watch of another.
  mutating func wait(milliseconds: Int32) -> [Happening] {
    guard unsafe poll(&polls, nfds_t(polls.count), milliseconds) > 0 else { return [] }
    return zip(entries, polls).compactMap { entry, polled in
      polled.revents == 0
        ? nil : Happening(token: entry.token, handler: entry.handler, happened: Int32(polled.revents))
    }
  }
}

/// The sockets that libcurl waits for, behind one descriptor for the loop.
struct SocketSet: ~Copyable {
  /// The most happenings taken at a time, so that other sets and descriptors have their turn.
  private static let maximumTaken = 64

  private struct Member {
    var wanted: Int32
    let number: UInt64
  }

  /// Readable while something has happened at a member.
  let descriptor: Int32
  private var members: [Int32: Member] = [:]
  private var additions: UInt32 = 0
  private var taken = Array(repeating: CSocketsHappening(), count: maximumTaken)

  /// - Returns: nil where the system has no descriptor for it.
  init?() {
    descriptor = csockets_open()
    if descriptor < 0 { return nil }
  }

  deinit {
    close(descriptor)
  }

  /// Where the system has no room for a socket, only its own transfer gets no further, and times out: libcurl would abort
  /// all of them if it were told.
  ///
  /// - Parameter wanted: libcurl's bits; 0 takes the socket out.
  mutating func watch(_ socket: Int32, for wanted: Int32) {
    let member = members[socket]
    let before = member?.wanted ?? 0
    guard wanted != before else { return }
    if member == nil { additions &+= 1 }
    let number = member?.number ?? UInt64(additions) << 32 | UInt64(UInt32(bitPattern: socket))
    guard csockets_watch(descriptor, socket, before, wanted, number) >= 0 || wanted == 0 else { return }
    members[socket] = wanted == 0 ? nil : Member(wanted: wanted, number: number)
  }

  /// Takes what has happened, and does not wait.
  ///
  /// - Returns: how many happenings there are.
  mutating func take() -> Int {
    Int(max(unsafe csockets_take(descriptor, &taken, Int32(Self.maximumTaken)), 0))
  }

  /// One of those that were taken; nil where its socket has left the set since, even if another one has its number now.
  func happening(_ index: Int) -> (socket: Int32, happened: Int32)? {
    let happening = taken[index]
    let socket = Int32(truncatingIfNeeded: happening.number)
    return members[socket]?.number == happening.number ? (socket, happening.happened) : nil
  }
}

/// Ends the loop's wait, from any thread.
///
/// Where the system has no descriptors left for it, nothing can be written, poll(2) ignores the negative descriptor, and
/// the loop looks at its inbox when its longest wait is over.
final class WakeUpPipe: Sendable {
  /// Readable after ``wakeUp()`` until ``drain()``.
  let reader: Int32
  private let writer: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
      (reader, writer) = (-1, -1)
      return
    }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (reader, writer) = (ends[0], ends[1])
  }

  deinit {
    for end in [reader, writer] where end >= 0 { close(end) }
  }

  /// Ends a wait that is under way, or the next one.
  func wakeUp() {
    var byte: UInt8 = 0
    // A full pipe is readable already.
    _ = unsafe write(writer, &byte, 1)
  }

  /// Takes the wake-ups out.
  func drain() {
    var bytes: (UInt64, UInt64) = (0, 0)
    _ = unsafe withUnsafeMutableBytes(of: &bytes) { unsafe read(reader, $0.baseAddress, $0.count) }
  }
}

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
