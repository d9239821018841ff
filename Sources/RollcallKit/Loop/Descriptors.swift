import CCurl
import Libc

/// The limit on the files and connections that the process may have open.
enum OpenFiles {
  /// What to do if too few are allowed.
  static let remedy = "raise the limit of open files (ulimit -n)"

  /// Whether no more can be opened now.
  static var areExhausted: Bool {
    let probe = unsafe open("/", O_RDONLY | O_CLOEXEC)
    guard probe < 0 else {
      close(probe)
      return false
    }
    return errno == EMFILE || errno == ENFILE
  }
}

/// The few descriptors that the loop watches: its wake-ups, libcurl's socket sets, standard output.
struct DescriptorWatches {
  /// Receives the flags that poll(2) reported.
  typealias Handler = (Int32) -> Void

  private struct Entry {
    let token: EventLoop.WatchToken
    let handler: Handler
  }

  /// The activity of a watched descriptor.
  struct Activity {
    let token: EventLoop.WatchToken
    let handler: Handler
    let flags: Int32
  }

  private var entries: [Entry] = []
  /// What poll(2) waits for, parallel to `entries`.
  private var polls: [pollfd] = []
  private var nextNumber: UInt64 = 0

  /// - Parameter events: the flags of poll(2), which reports a closed or broken descriptor in any case.
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

  /// Waits until a descriptor is active or the time is up.
  ///
  /// - Returns: the active descriptors. Handling one may end the watch of another.
  mutating func wait(milliseconds: Int32) -> [Activity] {
    guard unsafe poll(&polls, nfds_t(polls.count), milliseconds) > 0 else { return [] }
    return zip(entries, polls).compactMap { entry, polled in
      polled.revents == 0
        ? nil : Activity(token: entry.token, handler: entry.handler, flags: Int32(polled.revents))
    }
  }
}

/// The sockets that libcurl watches, combined into one descriptor for the loop.
struct SocketSet: ~Copyable {
  /// The maximum number of activities taken at a time, so that other descriptors get their turn.
  private static let maximumTaken = 64

  private struct Member {
    var wanted: Int32
    let number: UInt64
  }

  /// Readable while any member is active.
  let descriptor: Int32
  private var members: [Int32: Member] = [:]
  private var additions: UInt32 = 0
  private var taken = Array(repeating: CSocketsActivity(), count: maximumTaken)

  /// - Returns: nil if the system has no descriptor for it.
  init?() {
    descriptor = csockets_open()
    if descriptor < 0 { return nil }
  }

  deinit {
    close(descriptor)
  }

  /// Changes what a socket is watched for.
  ///
  /// If the system has no room for a socket, only its own transfer stalls and times out. Reporting the error would make
  /// libcurl abort all transfers.
  ///
  /// - Parameter wanted: libcurl's flags; 0 removes the socket.
  mutating func watch(_ socket: Int32, for wanted: Int32) {
    let member = members[socket]
    let before = member?.wanted ?? 0
    guard wanted != before else { return }
    if member == nil { additions &+= 1 }
    let number = member?.number ?? UInt64(additions) << 32 | UInt64(UInt32(bitPattern: socket))
    guard csockets_watch(descriptor, socket, before, wanted, number) >= 0 || wanted == 0 else { return }
    members[socket] = wanted == 0 ? nil : Member(wanted: wanted, number: number)
  }

  /// Takes the current activities without waiting.
  ///
  /// - Returns: the number of activities.
  mutating func take() -> Int {
    Int(max(unsafe csockets_take(descriptor, &taken, Int32(Self.maximumTaken)), 0))
  }

  /// Returns a taken activity; nil if its socket has been removed since, even if another one has its number now.
  func activity(_ index: Int) -> (socket: Int32, flags: Int32)? {
    let activity = taken[index]
    let socket = Int32(truncatingIfNeeded: activity.number)
    return members[socket]?.number == activity.number ? (socket, activity.flags) : nil
  }
}

/// Ends the loop's wait from any thread.
///
/// If the system has no descriptors left for it, both are -1: writing does nothing, poll(2) ignores the descriptor, and
/// the loop checks its inbox after its longest wait.
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

  /// Ends the current wait, or the next one.
  func wakeUp() {
    var byte: UInt8 = 0
    // A full pipe is readable anyway.
    _ = unsafe write(writer, &byte, 1)
  }

  /// Discards the wake-ups.
  func drain() {
    var bytes: (UInt64, UInt64) = (0, 0)
    _ = unsafe withUnsafeMutableBytes(of: &bytes) { unsafe read(reader, $0.baseAddress, $0.count) }
  }
}

/// A wait for one descriptor.
///
/// Unchecked because only the loop's thread uses its contents; other threads only pass it on.
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

  /// Ends the wait; nil means that it was cancelled.
  func end(_ readiness: EventLoop.Readiness?, on loop: EventLoop) {
    hasEnded = true
    if let token { loop.unwatch(token) }
    token = nil
    waiting?.resume(returning: readiness)
    waiting = nil
  }
}
