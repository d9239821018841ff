import CCurl
import RollcallCore

/// A libcurl easy handle, reused for successive requests, and the reply that it is receiving.
///
/// Unchecked because only the loop's thread uses it; other threads only pass it on.
@safe final class EasyHandle: @unchecked Sendable {
  /// The receive buffer for lists; larger ones are no faster, and every running request needs one.
  private static let listBuffer = 128 << 10
  /// The receive buffer for everything else: libcurl's default.
  private static let smallBuffer = 16 << 10
  /// How long libcurl caches the addresses of a host, in seconds.
  private static let addressLifetime = 60
  private static let tls12 = 6
  private static let http11 = 2
  /// HTTP/2 if it is negotiated over TLS, otherwise HTTP/1.1.
  private static let http2OverTLS = 4
  private static let httpAndHTTPS = 3

  let pointer: OpaquePointer
  /// The buffer for libcurl's description of a failed transfer.
  private let errorText: UnsafeMutableBufferPointer<CChar>
  private var headers: HeaderList?
  var reply = ReplyCollector(limits: .single, expected: nil)

  /// - Returns: nil if libcurl is out of memory.
  init?(trusting trust: TrustStore) {
    guard let pointer = unsafe curl_easy_init() else { return nil }
    unsafe self.pointer = pointer
    unsafe errorText = .allocate(capacity: Int(CCURL_ERROR_TEXT_SIZE))
    unsafe errorText.initialize(repeating: 0)
    if let start = unsafe errorText.baseAddress { unsafe ccurl_set_error_text(pointer, start) }
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe ccurl_set_receivers(pointer, receiveHeader, receiveBody, context)
    setUp()
    apply(trust)
  }

  deinit {
    unsafe curl_easy_cleanup(pointer)
    unsafe errorText.deallocate()
  }

  /// Details of the last transfer, if it failed.
  var details: CurlResult.Details {
    let bytes = unsafe errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return CurlResult.Details(
      text: String(decoding: bytes, as: UTF8.self), proxyStatus: unsafe ccurl_proxy_status(pointer), hasSent: hasSent)
  }

  /// Whether any part of the last request was sent.
  private var hasSent: Bool { unsafe ccurl_request_size(pointer) > 0 }

  private func set(_ option: CCurlLong, _ value: Int) { unsafe ccurl_set_long(pointer, option, value) }

  /// - Returns: whether this libcurl knows the option.
  @discardableResult
  private func set(_ option: CCurlText, _ text: String?) -> Bool {
    unsafe ccurl_set_text(pointer, option, text) == CCURL_OK
  }

  /// Sets the options that apply to every request. Options that an older libcurl rejects only affect efficiency.
  private func setUp() {
    set(.protocols, Self.httpAndHTTPS)
    set(.followLocation, 0)
    set(.netrc, 0)
    set(.verifyPeer, 1)
    set(.verifyHost, 2)
    set(.sslVersion, Self.tls12)
    set(.http09Allowed, 0)
    set(.contentDecoding, 0)
    set(.pathAsIs, 1)
    set(.suppressConnectHeaders, 1)
    set(.noSignal, 1)
    // Without this, a request that ends during its host look-up blocks the loop until the resolver's thread ends.
    set(.quickExit, 1)
    set(.maximumIdleAge, 118)
    set(.maximumLifetime, 300)
    set(.lowSpeedLimit, 100)
  }

  private func apply(_ trust: TrustStore) {
    switch trust {
    case .builtIn: break
    case .folder(let folder, let added):
      set(.caPath, folder)
      if let added { apply(added) } else { set(.caFile, nil) }
    case .certificates(let bytes): apply(bytes)
    }
  }

  private func apply(_ certificates: [UInt8]) {
    unsafe certificates.withUnsafeBytes { all in
      guard let start = all.baseAddress else { return }
      unsafe ccurl_set_ca_blob(pointer, start, all.count)
    }
  }

  /// Prepares the handle to send a request.
  ///
  /// - Parameters:
  ///   - headers: the headers of the request.
  ///   - refreshesAddresses: whether a new connection ignores cached addresses of the host.
  func prepare(
    _ request: HTTPRequest, to origin: RequestOrigin, through proxies: ProxySettings, with headers: HeaderList,
    refreshesAddresses: Bool
  ) {
    self.headers = headers
    unsafe ccurl_set_headers(pointer, headers.list)
    let url = SplitURL(request.url)
    if set(.requestTarget, url.target) { set(.URL, url.base) } else { set(.URL, request.url.reveal()) }
    set(.proxy, proxies.proxy(for: origin))
    set(.noProxy, proxies.exceptions)
    set(.dnsCacheTimeout, refreshesAddresses ? 0 : Self.addressLifetime)
    set(.httpVersion, origin.isEncrypted ? Self.http2OverTLS : Self.http11)
    set(.pipeWait, origin.isEncrypted ? 1 : 0)
    set(.connectTimeout, Self.milliseconds(min(request.limits.connect, request.limits.total)))
    set(.timeout, Self.milliseconds(request.limits.total))
    set(.lowSpeedTime, (Self.milliseconds(request.limits.stall) + 999) / 1000)
    // A list that was long will be long again. The first requests get small buffers, because hundreds may run at once.
    let isLong =
      request.limits.body > HTTPLimits.single.body
      && (request.expectedGzip ?? request.expected).map { $0.count > Self.smallBuffer } ?? false
    set(.bufferSize, isLong ? Self.listBuffer : Self.smallBuffer)
    unsafe ccurl_set_maximum_size(pointer, request.limits.ignoresExcess ? 0 : Int64(request.limits.body))
    switch request.method {
    case .get: set(.get, 1)
    case .post:
      unsafe request.body.withUnsafeBytes { unsafe _ = ccurl_set_body(pointer, $0.baseAddress, $0.count) }
    }
    reply = ReplyCollector(
      limits: request.limits, expected: request.expected, acceptsGzip: request.acceptsGzip,
      expectedGzip: request.expectedGzip, keepsLimitHeaders: request.keepsLimitHeaders)
    unsafe errorText.update(repeating: 0)
  }

  /// Clears the URL and headers of the last request, which libcurl would keep.
  func clear() {
    unsafe ccurl_set_headers(pointer, nil)
    headers = nil
    set(.URL, nil)
    set(.requestTarget, nil)
    reply = ReplyCollector(limits: .single, expected: nil)
  }

  /// Returns at least 1, because libcurl treats 0 as no limit.
  private static func milliseconds(_ duration: Duration) -> Int {
    Int(clamping: min(max(duration.wholeMilliseconds, 1), Int64(Int32.max)))
  }
}

// These are called by libcurl; they are free functions so that no isolation is inferred for them.

private func receiveHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context else { return 0 }
  let handle = unsafe Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
  let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
  return unsafe handle.reply.receive(headerLine: line.bindMemory(to: UInt8.self).span) ? size * count : 0
}

private func receiveBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context else { return 0 }
  let handle = unsafe Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
  let part = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
  return unsafe handle.reply.receive(bodyBytes: part) ? size * count : 0
}
