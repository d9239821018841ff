import CCurl
import RollcallCore

/// How a transfer ended: libcurl's result code, described without revealing more of the URL than host and port.
struct CurlResult: Equatable {
  /// What else libcurl reports about a failed transfer.
  struct Details {
    /// libcurl's own description.
    var text = ""
    /// The proxy's reply to the request for a tunnel; 0 if no proxy was asked.
    var proxyStatus = 0
    /// Whether the request was sent, so that there was a connection.
    var hasSent = false
  }

  /// A code of our own; libcurl has no negative ones.
  static let cancelled = CurlResult(code: -1)

  var code: Int32

  var isSuccess: Bool { code == CCURL_OK }

  /// Returns why there is no reply; nil if there is one.
  func failure(
    at origin: RequestOrigin, reply: borrowing ReplyCollector, limits: HTTPLimits, details: Details
  ) -> HTTPFailure? {
    if self == .cancelled { return HTTPFailure(.cancelled, "cancelled") }
    if let refusal = reply.refusal { return Self.failure(of: refusal, at: origin, limits: limits) }
    let (host, code) = (origin.host, Int(code))
    if code == CCURL_OK {
      return reply.status >= 200 ? nil : HTTPFailure(.malformed, "\(host) did not answer with HTTP")
    }
    if reply.status == 0, let failure = ProxyRefusal.failure(details.proxyStatus, at: origin) { return failure }
    if let failure = TLSFailure.lateFailure(at: origin, details.text) { return failure }
    switch code {
    case CCURL_OPERATION_TIMEDOUT where !details.hasSent:
      return HTTPFailure(.unreachable, "could not connect to \(origin) in time")
    case CCURL_OPERATION_TIMEDOUT:
      return HTTPFailure(.timedOut, "no complete reply from \(origin) in time")
    case CCURL_COULDNT_RESOLVE_HOST:
      return HTTPFailure(.unreachable, "could not find the address of \(host)")
    case CCURL_COULDNT_RESOLVE_PROXY, CCURL_PROXY:
      return HTTPFailure(
        .unreachable, "could not connect to the proxy for \(host)", remedy: "check HTTPS_PROXY")
    case CCURL_COULDNT_CONNECT:
      return HTTPFailure(.unreachable, "could not connect to \(origin)")
    case CCURL_URL_MALFORMAT:
      return HTTPFailure(.unreachable, "the URL is not a valid http: or https: URL")
    case CCURL_UNSUPPORTED_PROTOCOL, CCURL_WEIRD_SERVER_REPLY, CCURL_HTTP2, CCURL_BAD_CONTENT_ENCODING:
      return HTTPFailure(.malformed, "\(origin) did not answer with valid HTTP")
    case CCURL_FILESIZE_EXCEEDED:
      return Self.failure(of: .bodyTooLarge, at: origin, limits: limits)
    case CCURL_TOO_LARGE:
      return Self.failure(of: .headersTooLarge, at: origin, limits: limits)
    case CCURL_OUT_OF_MEMORY where !reply.headersAreComplete:
      // How libcurl before 8.6 reports a single header line of more than 100 kB.
      return Self.failure(of: .headersTooLarge, at: origin, limits: limits)
    case _ where Self.tlsFailures.contains(code):
      return TLSFailure.failure(at: origin, details.text)
    default:
      return HTTPFailure(.unreachable, "the connection to \(origin) broke (libcurl \(code))")
    }
  }

  private static func failure(
    of refusal: ReplyCollector.Refusal, at origin: RequestOrigin, limits: HTTPLimits
  ) -> HTTPFailure? {
    switch refusal {
    case .cut: nil
    case .bodyTooLarge: HTTPFailure(.tooLarge, "the reply from \(origin.host) is longer than \(limits.body) bytes")
    case .headersTooLarge:
      HTTPFailure(.tooLarge, "the headers from \(origin.host) are longer than \(limits.headers) bytes")
    case .unrequestedTransferEncoding:
      HTTPFailure(.malformed, "\(origin.host) used a transfer encoding that was not requested")
    case .invalidGzip: HTTPFailure(.malformed, "the reply from \(origin.host) is not valid gzip")
    }
  }

  private static let tlsFailures: Set<Int> = [
    CCURL_SSL_CONNECT_ERROR, CCURL_SSL_ENGINE_NOTFOUND, CCURL_SSL_ENGINE_SETFAILED, CCURL_SSL_CERTPROBLEM,
    CCURL_SSL_CIPHER, CCURL_PEER_FAILED_VERIFICATION, CCURL_USE_SSL_FAILED, CCURL_SSL_CACERT_BADFILE,
    CCURL_SSL_SHUTDOWN_FAILED, CCURL_SSL_CRL_BADFILE, CCURL_SSL_ISSUER_ERROR, CCURL_SSL_PINNEDPUBKEYNOTMATCH,
    CCURL_SSL_INVALIDCERTSTATUS, CCURL_SSL_CLIENTCERT,
  ]
}

/// Explains why there is no trusted TLS connection, from the messages of libcurl and its TLS library.
enum TLSFailure {
  /// A cause, the lower-case phrases by which it is recognised, and the remedy.
  private struct Cause {
    let signs: [String]
    let fact: String
    let remedy: String
  }

  private static let causes = [
    Cause(
      signs: ["no alternative certificate", "subject name", "does not match"],
      fact: "its certificate is for another host name", remedy: "check the host name in the URL"),
    Cause(
      signs: ["has expired", "not yet valid"], fact: "its certificate is not valid now",
      remedy: "check this machine's clock and the server's certificate"),
    Cause(
      signs: ["unable to get", "self-signed", "self signed", "unable to verify", "certificate verification failed"],
      fact: "its certificate is from a CA that is not trusted", remedy: "give that CA with --ca-file or SSL_CERT_FILE"),
    Cause(
      signs: ["certificate required", "alert bad certificate", "peer did not return a certificate"],
      fact: "it requires a client certificate", remedy: "use an address that does not; rollcall cannot present one"
    ),
    Cause(
      signs: [
        "wrong version number", "packet length too long", "unexpected tls packet", "http request", "unknown protocol",
      ],
      fact: "it does not speak TLS", remedy: "check the port, and whether the URL should begin with http:"),
    Cause(
      signs: ["handshake failure"], fact: "it rejected the TLS handshake",
      remedy: "it may require a client certificate, or there may be no common cipher"),
  ]

  /// - Parameter text: the message of the TLS library, which varies.
  static func failure(at origin: RequestOrigin, _ text: String) -> HTTPFailure {
    let fact = "no trusted TLS connection to \(origin)"
    if let cause = cause(of: text) { return HTTPFailure(.untrusted, "\(fact): \(cause.fact)", remedy: cause.remedy) }
    let reason = Excerpt.of(text)
    return HTTPFailure(.untrusted, reason.isEmpty ? fact : "\(fact): \(reason)")
  }

  /// Returns the failure of a connection that broke after the handshake: only then does TLS 1.3 require a certificate.
  static func lateFailure(at origin: RequestOrigin, _ text: String) -> HTTPFailure? {
    text.contains(bytesOf: "certificate required") ? failure(at: origin, text) : nil
  }

  private static func cause(of text: String) -> Cause? {
    let lowercase = text.lowercased()
    return causes.first { cause in cause.signs.contains { lowercase.contains(bytesOf: $0) } }
  }
}
