import CCurl

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

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
