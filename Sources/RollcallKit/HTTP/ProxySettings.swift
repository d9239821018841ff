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
