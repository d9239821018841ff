import Libc
import RollcallCore

/// The proxy for `https:` requests. `http:` never uses one, because it is only for loopback.
struct ProxySettings: Sendable, Equatable {
  /// The proxy's URL; empty if there is none.
  var https: String
  /// Hosts to reach directly, in the form of `NO_PROXY`.
  var exceptions: String

  /// Reads `HTTPS_PROXY` and `NO_PROXY`, the lower-case names first as libcurl does. `ALL_PROXY` is ignored.
  ///
  /// - Parameter variable: returns the value of an environment variable.
  init(variable: (String) -> String? = Environment.text) {
    https = variable("https_proxy") ?? variable("HTTPS_PROXY") ?? ""
    exceptions = variable("no_proxy") ?? variable("NO_PROXY") ?? ""
  }

  /// Returns the proxy for a request; empty for none.
  func proxy(for origin: RequestOrigin) -> String { origin.isEncrypted ? https : "" }
}

/// A proxy that refuses to open a tunnel.
enum ProxyRefusal {
  /// - Parameter status: the proxy's answer; 0 if no proxy was asked.
  static func failure(_ status: Int, at origin: RequestOrigin) -> HTTPFailure? {
    switch status {
    case 0, 200...299: nil
    case 407:
      HTTPFailure(
        .unreachable, "the proxy for \(origin) requires a user name and password (407)",
        remedy: "give them in HTTPS_PROXY, as http://USER:PASSWORD@HOST:PORT")
    default:
      HTTPFailure(
        .unreachable, "the proxy refused to connect to \(origin) (\(status))",
        remedy: "allow the host in the proxy, or add it to NO_PROXY")
    }
  }
}

/// The environment of the process.
package enum Environment {
  /// - Returns: the variable's value; nil if it is unset or empty.
  package static func text(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
