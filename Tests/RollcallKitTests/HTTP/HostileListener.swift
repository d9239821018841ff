import Libc
import Synchronization

/// A listening socket on loopback whose replies a test controls, with threads of its own.
final class HostileListener: Sendable {
  let port: UInt16
  private let listening: Int32
  private let accepted = Atomic(0)
  private let heard = Mutex<[String]>([])

  /// The number of accepted connections.
  var connections: Int { accepted.load(ordering: .sequentiallyConsistent) }
  /// The heads of all requests, and what arrived with them.
  var requests: [String] { heard.withLock { $0 } }
  var url: String { "http://127.0.0.1:\(port)/list?secret=1" }

  /// Serves every connection with a closure that may write anything, and then closes it.
  init(_ serve: @escaping @Sendable (Peer) -> Void) throws {
    #if canImport(Darwin)
      let kind = SOCK_STREAM
    #else
      let kind = Int32(SOCK_STREAM.rawValue)
    #endif
    listening = socket(AF_INET, kind, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listening
    let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe bind(descriptor, generic, length) == 0 && listen(descriptor, 512) == 0
          && getsockname(descriptor, generic, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard bound else { throw ListenFailure() }
    OwnThread.start { [self] in acceptAll(serve) }
  }

  struct ListenFailure: Error {}

  /// Ends the accepting thread, which otherwise keeps the listener alive.
  func close() { _ = shutdown(listening, Int32(SHUT_RDWR)) }

  private func acceptAll(_ serve: @escaping @Sendable (Peer) -> Void) {
    while true {
      let connection = accept(listening, nil, nil)
      guard connection >= 0 else { return }
      accepted.add(1, ordering: .sequentiallyConsistent)
      OwnThread.start { [self] in
        let peer = Peer(connection) { [self] request in heard.withLock { $0.append(request) } }
        serve(peer)
        peer.end()
      }
    }
  }
}
