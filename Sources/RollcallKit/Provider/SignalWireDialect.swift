import RollcallCore

/// SignalWire's compatibility API. Source: signalwire.com/docs/compatibility-api.
struct SignalWireDialect: ProviderDialect {
  let name = "SignalWire"
  let basePath = "/api/laml/2010-04-01"
  let lostTokenCodes: Set<Int64> = [21_481]
  let accountForm = AccountForm(prefix: "", right: "give 1 to 128 of A-Z a-z 0-9 : _ . -")

  func owns(host: String) -> Bool { host.hasSuffix(".signalwire.com") }

  func authorization(account: String, token: Secret) -> Secret { Self.basic(account, token.reveal()) }

  func remedy(for failure: ScanFailure) -> String? {
    switch failure.kind {
    case .unauthorised: "check SIGNALWIRE_API_TOKEN and the project id"
    case .forbidden: "check the token's Voice scope, and whether the project is active"
    case .notFound, .unavailable, .throttled, .malformed, .unreachable, .invalidPageToken: nil
    }
  }
}
