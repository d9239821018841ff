import CCurl

/// libcurl's multi handle: the transfers that are under way, and the call that waits for them and for everything else.
///
/// Unchecked because only the loop's thread uses it, but for ``wakeUp()``, which libcurl allows from any thread.
@safe final class CurlMulti: @unchecked Sendable {
  /// Connections at most, open or idle; transfers beyond it wait for one.
  static let maximumConnections = 256

  @safe private struct Running {
    let easy: OpaquePointer
    let ticket: UInt64
    let completion: (Int32) -> Void
  }

  private let handle: OpaquePointer
  /// The transfers by the addresses of their handles.
  private var running: [UInt: Running] = [:]

  init() {
    CurlLibrary.start()
    guard let handle = unsafe curl_multi_init() else { preconditionFailure("libcurl has no memory for a multi handle") }
    unsafe self.handle = handle
    unsafe ccurl_multi_set_long(handle, .maximumConnections, Self.maximumConnections)
    unsafe ccurl_multi_set_long(handle, .maximumCached, Self.maximumConnections)
  }

  deinit {
    for transfer in running.values { unsafe curl_multi_remove_handle(handle, transfer.easy) }
    unsafe curl_multi_cleanup(handle)
  }

  var isIdle: Bool { running.isEmpty }

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

  /// Moves every transfer as far as it goes and completes those that have ended.
  func perform() {
    guard !isIdle else { return }
    var stillRunning: Int32 = 0
    unsafe curl_multi_perform(handle, &stillRunning)
    while true {
      let done = unsafe ccurl_next_done(handle)
      guard let easy = unsafe done.easy else { return }
      let result = unsafe done.result
      unsafe curl_multi_remove_handle(handle, easy)
      running.removeValue(forKey: UInt(bitPattern: easy))?.completion(result)
    }
  }

  /// Waits until a transfer, a descriptor or ``wakeUp()`` needs attention, or the time is up.
  ///
  /// - Returns: whether a descriptor may be ready.
  func wait(for extra: inout [CCurlWait], milliseconds: Int32) -> Bool {
    var ready: Int32 = 0
    let count = UInt32(extra.count)
    let result = unsafe curl_multi_poll(handle, &extra, count, milliseconds, &ready)
    return result != 0 || ready != 0
  }

  /// Ends a ``wait(for:milliseconds:)`` that is under way, or the next one.
  func wakeUp() {
    unsafe curl_multi_wakeup(handle)
  }
}
