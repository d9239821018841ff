import Libc
import RollcallCore

/// The way to the outside: a proxy for `https:`, never one for `http:`, which is for loopback.
struct ProxySettings: Sendable, Equatable {
  /// Empty where there is none.
  var https: String
  /// Hosts to reach without it, as `NO_PROXY` lists them.
  var exceptions: String

  /// Reads `HTTPS_PROXY` and `NO_PROXY`, the lower-case names first as libcurl does; nothing else, `ALL_PROXY` least of all.
  ///
  /// - Parameter variable: gives a variable of the environment.
  init(variable: (String) -> String? = Environment.text) {
    https = variable("https_proxy") ?? variable("HTTPS_PROXY") ?? ""
    exceptions = variable("no_proxy") ?? variable("NO_PROXY") ?? ""
  }

  /// The proxy for a request; empty for none.
  func proxy(for origin: RequestOrigin) -> String { origin.isEncrypted ? https : "" }
}

/// A proxy that opens no tunnel.
enum ProxyRefusal {
  /// - Parameter status: what the proxy answered; 0 where it was not asked.
  static func failure(_ status: Int, at origin: RequestOrigin) -> HTTPFailure? {
    switch status {
    case 0, 200...299: nil
    case 407:
      HTTPFailure(
        .unreachable, "the proxy on the way to \(origin) wants a user and a password (407)",
        remedy: "give them in HTTPS_PROXY, as http://USER:PASSWORD@HOST:PORT")
    default:
      HTTPFailure(
        .unreachable, "the proxy refused the way to \(origin) (\(status))",
        remedy: "have it allow that host, or name the host in NO_PROXY")
    }
  }
}

/// What the process was told when it started.
package enum Environment {
  /// - Returns: the variable's text; nil where it is unset or empty.
  package static func text(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
