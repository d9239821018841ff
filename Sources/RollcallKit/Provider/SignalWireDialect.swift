import RollcallCore

/// SignalWire's compatibility API. Source: signalwire.com/docs/compatibility-api.
struct SignalWireDialect: ProviderDialect {
  let name = "SignalWire"
  let basePath = "/api/laml/2010-04-01"
  let lostTokenCodes: Set<Int64> = [21_481]
  let accountForm = AccountForm(prefix: "", right: "give 1 to 128 of A-Z a-z 0-9 : _ . -")

  func owns(host: String) -> Bool { host.hasSuffix(".signalwire.com") }

  func authorization(account: String, token: Secret) -> Secret { Self.basic(account, token.reveal()) }

  func advice(for failure: ScanFailure) -> String? {
    switch failure {
    case .unauthorised:
      "the provider refused the token: check SIGNALWIRE_API_TOKEN and its Voice scope, and the project id"
    case .notFound:
      "there is no such conference in this project: check the conference sid, the project id and the space"
    case .unavailable, .throttled, .malformed, .unreachable, .invalidPageToken: nil
    }
  }
}
