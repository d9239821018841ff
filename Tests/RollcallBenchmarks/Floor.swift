import CCurl
import Libc

/// The floor: bare libcurl with its default settings, which fetches one URL again and again over one connection.
@safe final class Floor {
  private static let room = 8 << 20

  private let easy: OpaquePointer
  private let buffer: UnsafeMutableRawBufferPointer
  private var count = 0
  /// The number of bytes in all replies, headers included.
  private(set) var receivedBytes = 0

  /// - Parameter authority: the path of the CA to trust; nil for plain HTTP.
  /// - Returns: nil if libcurl is out of memory.
  init?(_ url: String, authority: String? = nil) {
    guard let easy = unsafe curl_easy_init() else { return nil }
    unsafe self.easy = easy
    unsafe buffer = .allocate(byteCount: Self.room, alignment: 64)
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe ccurl_set_receivers(easy, countHeader, keepBody, context)
    unsafe ccurl_set_text(easy, .URL, url)
    unsafe ccurl_set_long(easy, .noSignal, 1)
    if let authority { unsafe ccurl_set_text(easy, .caFile, authority) }
  }

  deinit {
    unsafe curl_easy_cleanup(easy)
    unsafe buffer.deallocate()
  }

  /// Fetches once.
  ///
  /// - Returns: whether a whole reply arrived.
  @discardableResult
  func fetch() -> Bool {
    count = 0
    return unsafe curl_easy_perform(easy) == CCURL_OK
  }

  /// The last reply's body.
  var body: [UInt8] { unsafe Array(buffer[..<count]) }

  fileprivate func keep(_ bytes: UnsafeRawPointer, _ size: Int) -> Int {
    guard size <= Self.room - count, let start = unsafe buffer.baseAddress else { return 0 }
    unsafe memcpy(start + count, bytes, size)
    count += size
    receivedBytes += size
    return size
  }

  fileprivate func drop(_ size: Int) -> Int {
    receivedBytes += size
    return size
  }
}

// libcurl calls these; they are free functions so that no isolation is inferred for them.

private func countHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context else { return 0 }
  return unsafe Unmanaged<Floor>.fromOpaque(context).takeUnretainedValue().drop(size * count)
}

private func keepBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context, let bytes = unsafe bytes else { return 0 }
  return unsafe Unmanaged<Floor>.fromOpaque(context).takeUnretainedValue().keep(bytes, size * count)
}
