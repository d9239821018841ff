import CCurl
import Libc
import Testing

@testable import RollcallKit

@Suite struct `A set of sockets` {
  private static let read = Int32(CSOCKETS_IN)
  private static let write = Int32(CSOCKETS_OUT)

  private struct NoDescriptor: Error {}

  private static func open() throws -> SocketSet {
    guard let set = SocketSet() else { throw NoDescriptor() }
    return set
  }

  /// Returns two connected sockets.
  private static func pair() -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    #if canImport(Darwin)
      let kind = SOCK_STREAM
    #else
      let kind = Int32(SOCK_STREAM.rawValue)
    #endif
    #expect(unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0)
    return (ends[0], ends[1])
  }

  private static func isReadable(_ descriptor: Int32) -> Bool {
    var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&polled, 1, 0) == 1
  }

  /// Takes the activity of all sockets and returns it by socket.
  private static func take(_ set: inout SocketSet) -> [Int32: Int32] {
    var found: [Int32: Int32] = [:]
    for index in 0..<set.take() {
      if let (socket, flags) = set.activity(index) { found[socket, default: 0] |= flags }
    }
    return found
  }

  @Test func `is readable while a member is active`() throws {
    var set = try Self.open()
    let (near, far) = Self.pair()
    defer { for end in [near, far] { close(end) } }
    set.watch(near, for: Self.read)
    #expect(!Self.isReadable(set.descriptor))
    #expect(Self.take(&set) == [:])
    set.watch(near, for: Self.read | Self.write)
    #expect(Self.isReadable(set.descriptor))
    #expect(Self.take(&set) == [near: Self.write])
    set.watch(near, for: Self.read)
    #expect(!Self.isReadable(set.descriptor))
    _ = shutdown(far, Int32(SHUT_WR))
    #expect(Self.isReadable(set.descriptor))
    #expect(Self.take(&set) == [near: Self.read])
    set.watch(near, for: 0)
    #expect(!Self.isReadable(set.descriptor))
  }

  @Test func `reports a broken socket, whatever it waits for`() throws {
    var set = try Self.open()
    let (near, far) = Self.pair()
    defer { close(near) }
    set.watch(near, for: Self.read)
    close(far)
    #expect(try #require(Self.take(&set)[near]) & Self.read != 0)
  }

  @Test func `does not attribute a closed socket's activity to the next socket with its number`() throws {
    var set = try Self.open()
    let (near, far) = Self.pair()
    set.watch(near, for: Self.write)
    #expect(set.take() == 1)
    set.watch(near, for: 0)
    let (next, other) = Self.pair()
    // Closes the first socket and reuses its number.
    #expect(dup2(next, near) == near)
    set.watch(near, for: Self.read)
    #expect(set.activity(0) == nil)
    #expect(Self.take(&set) == [:])
    for end in [near, far, next, other] { close(end) }
  }

  @Test func `leaves out no socket twice in succession, however many are active`() throws {
    var set = try Self.open()
    let pairs = (0..<100).map { _ in Self.pair() }
    defer { for (near, far) in pairs { for end in [near, far] { close(end) } } }
    for (near, _) in pairs { set.watch(near, for: Self.write) }
    var found: Set<Int32> = []
    for _ in 0..<2 { found.formUnion(Self.take(&set).keys) }
    #expect(found == Set(pairs.map(\.0)))
  }
}
