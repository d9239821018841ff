import RollcallCore

/// Why there is no trusted TLS connection, read from what libcurl and its TLS library say about it.
enum TLSFailure {
  /// A cause, the words that give it away, in lower case, and what to do.
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
      remedy: "check the clock here, and the certificate there"),
    Cause(
      signs: ["unable to get", "self-signed", "self signed", "unable to verify", "certificate verification failed"],
      fact: "its certificate is from a CA that is not trusted", remedy: "give that CA with --ca-file or SSL_CERT_FILE"),
    Cause(
      signs: ["certificate required", "alert bad certificate", "peer did not return a certificate"],
      fact: "it demands a certificate of its client", remedy: "give an address that does not; rollcall has none to show"
    ),
    Cause(
      signs: [
        "wrong version number", "packet length too long", "unexpected tls packet", "http request", "unknown protocol",
      ],
      fact: "it does not speak TLS", remedy: "check the port, and whether the URL should begin with http:"),
    Cause(
      signs: ["handshake failure"], fact: "it broke the handshake off",
      remedy: "it may demand a certificate of its client, or have no cipher in common"),
  ]

  /// - Parameter text: what libcurl says, which is the library's own and may be anything.
  static func failure(at origin: RequestOrigin, _ text: String) -> HTTPFailure {
    let fact = "no trusted TLS connection to \(origin)"
    if let cause = cause(of: text) { return HTTPFailure(.untrusted, "\(fact): \(cause.fact)", remedy: cause.remedy) }
    let reason = Excerpt.of(text)
    return HTTPFailure(.untrusted, reason.isEmpty ? fact : "\(fact): \(reason)")
  }

  /// The failure of a connection that broke after the handshake: TLS 1.3 demands a certificate only then.
  static func lateFailure(at origin: RequestOrigin, _ text: String) -> HTTPFailure? {
    text.contains(bytesOf: "certificate required") ? failure(at: origin, text) : nil
  }

  private static func cause(of text: String) -> Cause? {
    let lowercase = text.lowercased()
    return causes.first { cause in cause.signs.contains { lowercase.contains(bytesOf: $0) } }
  }
}
