import CCurl

/// A libcurl multi handle with its own transfers and connections.
///
/// libcurl says which sockets to watch and when to call it, and the loop does both. The cost of a turn therefore
/// depends only on what there is to do, not on the number of running transfers.
///
/// Unchecked because only the loop's thread uses it; other threads only pass it on.
@safe final class CurlMulti: @unchecked Sendable {
  @safe private struct Running {
    let easy: OpaquePointer
    let ticket: UInt64
    let completion: (Int32) -> Void
  }

  private let handle: OpaquePointer
  /// The running transfers by the addresses of their handles.
  private var running: [UInt: Running] = [:]
  private var sockets: SocketSet
  /// When to call ``expire()``; nil if libcurl only waits for sockets.
  private(set) var deadline: BootInstant?
  private unowned let loop: EventLoop

  /// - Parameters:
  ///   - loop: must outlive it; drives it between ``EventLoop/add(_:)`` and ``EventLoop/remove(_:)``.
  ///   - maximumConnections: the maximum number of open connections, including idle ones; further transfers wait.
  /// - Returns: nil if the system has no memory or descriptors for it.
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
    // Keeps libcurl from calling back into an object that no longer exists.
    unsafe ccurl_multi_set_callbacks(handle, nil, nil, nil)
    for transfer in running.values { unsafe curl_multi_remove_handle(handle, transfer.easy) }
    unsafe curl_multi_cleanup(handle)
  }

  /// The number of running transfers.
  var runningCount: Int { running.count }

  /// Readable when ``advance()`` has something to do.
  var descriptor: Int32 { sockets.descriptor }

  // MARK: Transfers

  /// Begins a transfer. The completion gets libcurl's result code, unless ``abandon(_:ticket:result:)`` is called
  /// first.
  ///
  /// - Returns: libcurl's result code for beginning; if it is not 0, the completion is never called.
  @unsafe func begin(_ easy: OpaquePointer, ticket: UInt64, _ completion: @escaping (Int32) -> Void) -> Int32 {
    let result = unsafe curl_multi_add_handle(handle, easy)
    if result == 0 {
      running[UInt(bitPattern: easy)] = unsafe Running(easy: easy, ticket: ticket, completion: completion)
    }
    return result
  }

  /// Ends a transfer at once and calls its completion with `result`; does nothing if it has another ticket.
  @unsafe func abandon(_ easy: OpaquePointer, ticket: UInt64, result: Int32) {
    let address = UInt(bitPattern: easy)
    guard let transfer = running[address], transfer.ticket == ticket else { return }
    running[address] = nil
    unsafe curl_multi_remove_handle(handle, easy)
    transfer.completion(result)
  }

  /// Begins the transfers that were added, and ends those that have timed out.
  func expire() {
    deadline = nil
    act(Int32(CCURL_TIMER), 0)
    complete()
  }

  /// Advances the transfers whose sockets are ready.
  func advance() {
    for index in 0..<sockets.take() {
      if let (socket, flags) = sockets.activity(index) { act(socket, flags) }
    }
    complete()
  }

  private func act(_ socket: Int32, _ flags: Int32) {
    var stillRunning: Int32 = 0
    unsafe curl_multi_socket_action(handle, socket, flags, &stillRunning)
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

  // MARK: Callbacks

  /// Called by libcurl from within any call of it. A socket that it closes may be reused at once.
  fileprivate func watch(_ socket: Int32, for wanted: Int32) {
    sockets.watch(socket, for: wanted == CCURL_SOCKET_REMOVED ? 0 : wanted)
  }

  /// - Parameter milliseconds: the time from now; negative for never.
  fileprivate func setTimer(milliseconds: Int) {
    deadline =
      switch milliseconds {
      case ..<0: nil
      case 0: BootInstant(nanoseconds: 0)
      default: loop.coalesced(loop.now.advanced(by: .milliseconds(milliseconds)))
      }
  }
}

// These are called by libcurl; they are free functions so that no isolation is inferred for them.

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

/// The global state of libcurl.
enum CurlLibrary {
  // A global is initialised exactly once, which is all that libcurl needs to be thread-safe.
  private static let result: Int32 = curl_global_init(allParts)
  private static let allParts = 3

  /// Initialises libcurl; only the first call has an effect.
  static func start() {
    precondition(result == 0, "libcurl cannot be initialised")
  }
}
