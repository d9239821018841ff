import CCurl

/// One of libcurl's multi handles: its transfers, and connections that it shares with no other.
///
/// libcurl says which sockets it waits for and when it wants to be called; the loop waits, and calls it. So a turn of the
/// loop costs what there is to do, however many transfers are under way.
///
/// Unchecked because only the loop's thread uses it; others merely hand it over.
@safe final class CurlMulti: @unchecked Sendable {
  @safe private struct Running {
    let easy: OpaquePointer
    let ticket: UInt64
    let completion: (Int32) -> Void
  }

  private let handle: OpaquePointer
  /// The transfers by the addresses of their handles.
  private var running: [UInt: Running] = [:]
  private var sockets: SocketSet
  /// When libcurl wants ``expire()``; nil where it waits for sockets alone.
  private(set) var deadline: BootInstant?
  private unowned let loop: EventLoop

  /// - Parameters:
  ///   - loop: must outlive it, and waits for it from ``EventLoop/add(_:)`` to ``EventLoop/remove(_:)``.
  ///   - maximumConnections: connections open or idle; transfers beyond it wait for one.
  /// - Returns: nil where the system has no memory or no descriptors for it.
  init?(on loop: EventLoop, maximumConnections: Int) {
    CurlLibrary.start()
    guard let sockets = SocketSet(), let handle = unsafe curl_multi_init() else { return nil }
    self.sockets = consume sockets
    unsafe self.handle = handle
    self.loop = loop
    unsafe ccurl_multi_set_long(handle, .maximumConnections, maximumConnections)
    unsafe ccurl_multi_set_long(handle, .maximumCached, maximumConnections)
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe ccurl_multi_set_callbacks(handle, socketWanted, timerSet, context)
  }

  deinit {
    // Nobody is left whom they could call.
    unsafe ccurl_multi_set_callbacks(handle, nil, nil, nil)
    for transfer in running.values { unsafe curl_multi_remove_handle(handle, transfer.easy) }
    unsafe curl_multi_cleanup(handle)
  }

  /// How many transfers are under way.
  var runningCount: Int { running.count }

  /// Readable where ``advance()`` has something to do.
  var descriptor: Int32 { sockets.descriptor }

  // MARK: Transfers

  /// Begins a transfer. The completion gets libcurl's result, and is called once unless ``abandon(_:ticket:)`` comes first.
  ///
  /// - Returns: libcurl's result of beginning; where it is not 0 the completion is never called.
  @unsafe func begin(_ easy: OpaquePointer, ticket: UInt64, _ completion: @escaping (Int32) -> Void) -> Int32 {
    let result = unsafe curl_multi_add_handle(handle, easy)
    if result == 0 {
      running[UInt(bitPattern: easy)] = unsafe Running(easy: easy, ticket: ticket, completion: completion)
    }
    return result
  }

  /// Ends a transfer at once and calls its completion with `result`; does nothing where the ticket is not its.
  @unsafe func abandon(_ easy: OpaquePointer, ticket: UInt64, result: Int32) {
    let address = UInt(bitPattern: easy)
    guard let transfer = running[address], transfer.ticket == ticket else { return }
    running[address] = nil
    unsafe curl_multi_remove_handle(handle, easy)
    transfer.completion(result)
  }

  /// Does what is due: begins transfers that were added, and ends those that are out of time.
  func expire() {
    deadline = nil
    act(Int32(CCURL_TIMER), 0)
    complete()
  }

  /// Moves the transfers at whose sockets something happened.
  func advance() {
    for index in 0..<sockets.take() {
      if let (socket, happened) = sockets.happening(index) { act(socket, happened) }
    }
    complete()
  }

  private func act(_ socket: Int32, _ happened: Int32) {
    var stillRunning: Int32 = 0
    unsafe curl_multi_socket_action(handle, socket, happened, &stillRunning)
  }

  private func complete() {
    while true {
      let done = unsafe ccurl_next_done(handle)
      guard let easy = unsafe done.easy else { return }
      let result = unsafe done.result
      unsafe curl_multi_remove_handle(handle, easy)
      running.removeValue(forKey: UInt(bitPattern: easy))?.completion(result)
    }
  }

  // MARK: What libcurl waits for

  /// libcurl calls this from within any call of it; a socket that it closes may come back as another at once.
  fileprivate func watch(_ socket: Int32, for wanted: Int32) {
    sockets.watch(socket, for: wanted == CCURL_SOCKET_REMOVED ? 0 : wanted)
  }

  /// - Parameter milliseconds: from now; negative is never.
  fileprivate func setTimer(milliseconds: Int) {
    deadline =
      switch milliseconds {
      case ..<0: nil
      case 0: BootInstant(nanoseconds: 0)
      default: loop.together(loop.now.advanced(by: .milliseconds(milliseconds)))
      }
  }
}

// libcurl calls these; they are free functions so that no isolation is inferred for them.

private func socketWanted(
  _ easy: OpaquePointer?, _ socket: Int32, _ wanted: Int32, _ context: UnsafeMutableRawPointer?,
  _ assigned: UnsafeMutableRawPointer?
) -> Int32 {
  guard let context = unsafe context else { return 0 }
  unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().watch(socket, for: wanted)
  return 0
}

private func timerSet(_ multi: OpaquePointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?) -> Int32 {
  guard let context = unsafe context else { return 0 }
  unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds: milliseconds)
  return 0
}

/// libcurl as a whole.
enum CurlLibrary {
  // A global is made once, whatever threads ask for it, which is all that libcurl's start needs.
  private static let result: Int32 = curl_global_init(allParts)
  private static let allParts = 3

  /// Makes libcurl ready; only the first call does anything.
  static func start() {
    precondition(result == 0, "libcurl cannot start")
  }
}
