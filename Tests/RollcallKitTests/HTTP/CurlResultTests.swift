import RollcallCore
import Testing

@testable import RollcallKit

struct `A request that fails` {
  private func failure(_ code: Int32, _ text: String, proxy: Int = 0, hasSent: Bool = true) throws -> HTTPFailure {
    let origin = try RequestOrigin(of: Secret("https://user:word@h.example/secret?key=1"))
    return try #require(
      CurlResult(code: code).failure(
        at: origin, reply: ReplyCollector(limits: .single, expected: nil), limits: .single,
        details: CurlResult.Details(text: text, proxyStatus: proxy, hasSent: hasSent)))
  }

  /// Messages of libcurl with OpenSSL and GnuTLS, with their meaning and remedy.
  static let causes: [(code: Int32, text: String, fact: String, remedy: String)] = [
    (
      60, "SSL certificate problem: unable to get local issuer certificate", "from a CA that is not trusted",
      "--ca-file"
    ),
    (
      60, "SSL certificate problem: self-signed certificate in certificate chain", "from a CA that is not trusted",
      "SSL_CERT_FILE"
    ),
    (
      60, "server certificate verification failed. CAfile: none CRLfile: none", "from a CA that is not trusted",
      "--ca-file"
    ),
    (
      60, "SSL: no alternative certificate subject name matches target host name 'h.example'", "for another host name",
      "host name"
    ),
    (60, "SSL: certificate subject name (x) does not match target host name 'h'", "for another host name", "host name"),
    (60, "SSL certificate problem: certificate has expired", "not valid now", "clock"),
    (60, "SSL certificate problem: certificate is not yet valid", "not valid now", "clock"),
    (35, "error:0A00010B:SSL routines::wrong version number", "does not speak TLS", "port"),
    (35, "TLS connect error: error:0A0000C6:SSL routines::packet length too long", "does not speak TLS", "port"),
    (35, "gnutls_handshake() failed: An unexpected TLS packet was received.", "does not speak TLS", "http:"),
    (
      56, "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0",
      "requires a client certificate",
      "rollcall cannot present one"
    ),
    (
      98, "SSL Client Certificate required: tlsv13 alert certificate required", "requires a client certificate",
      "rollcall cannot present one"
    ),
    (
      35, "error:0A000410:SSL routines::sslv3 alert handshake failure", "rejected the TLS handshake",
      "client certificate"
    ),
  ]

  @Test(arguments: causes)
  func `because the connection is not trusted names the reason and the remedy`(
    _ cause: (code: Int32, text: String, fact: String, remedy: String)
  ) throws {
    let failure = try failure(cause.code, cause.text)
    #expect(failure.kind == .untrusted)
    #expect(failure.reason.hasPrefix("no trusted TLS connection to h.example port 443: it"))
    #expect(failure.reason.contains(cause.fact) && failure.remedy?.contains(cause.remedy) == true)
  }

  @Test func `for an unknown reason shows the library's own message, made safe`() throws {
    let unknown = try failure(35, "odd\u{1B}[31m\n thing")
    #expect(unknown.reason == #"no trusted TLS connection to h.example port 443: odd\u{1B}[31m thing"#)
    #expect(try failure(35, "").reason == "no trusted TLS connection to h.example port 443")
    #expect(unknown.remedy == nil)
  }

  @Test(arguments: [
    (407, "user name and password", "HTTPS_PROXY"), (403, "refused to connect", "NO_PROXY"), (502, "(502)", "NO_PROXY"),
  ])
  func `because a proxy refuses names the proxy's answer`(_ status: Int, _ fact: String, _ remedy: String) throws {
    let failure = try failure(56, "CONNECT tunnel failed", proxy: status)
    #expect(failure.kind == .unreachable && failure.reason.contains("proxy") && failure.reason.contains("(\(status))"))
    #expect(failure.reason.contains(fact) && failure.remedy?.contains(remedy) == true)
  }

  @Test func `after a tunnel was opened is not blamed on the proxy`() throws {
    #expect(try failure(56, "", proxy: 200).reason == "the connection to h.example port 443 broke (libcurl 56)")
    #expect(try failure(28, "", proxy: 200).kind == .timedOut)
  }

  @Test func `because its time is over says whether there was a connection`() throws {
    #expect(try failure(28, "").reason == "no complete reply from h.example port 443 in time")
    let unsent = try failure(28, "", hasSent: false)
    #expect(unsent.kind == .unreachable && unsent.reason == "could not connect to h.example port 443 in time")
  }

  @Test(arguments: [6, 7, 28, 35, 56, 60, 97, 98] as [Int32]) func `shows only the host of its URL`(
    _ code: Int32
  ) throws {
    let failure = try failure(code, "x")
    for part in ["user", "word", "secret", "key"] { #expect(!failure.reason.contains(part)) }
  }
}
