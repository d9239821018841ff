import RollcallCore

/// Telnyx's TeXML API. Source: developers.telnyx.com/api-reference/texml-rest-commands.
///
/// What it says in other words needs nothing here: a reader of rows takes `coaching_call_sid` for `call_sid_to_coach`, and
/// `{"errors":[…]}` counts as an error wherever it comes from. A participant who is gone is believed to be gone by the same
/// rules as everywhere: what a single participant's `GET` says then is documented nowhere, so that anything but a 404 with
/// errors leaves it to the list.
struct TelnyxDialect: ProviderDialect {
  let name = "Telnyx"
  let origin: String? = "https://api.telnyx.com"
  let basePath = "/v2/texml"
  /// No parameter of the list of participants is documented; pages are as large as Telnyx makes them.
  let participantsQuery = ""
  /// `PageSize` is documented without a bound; a hundred is nothing unusual.
  let conferencesQuery = "PageSize=100"
  let participantFilters: Set<ParticipantFilter> = []
  let pageTokenPrefixes: [String] = []
  /// None is documented. A scan with a token that is refused fails, and the next begins anew.
  let lostTokenCodes: Set<Int64> = []
  let pauseHeader: String? = "x-ratelimit-reset"
  /// Its calls are "eventually consistent" (fetch-a-call).
  let knowsCallsLate = true
  let accountForm = AccountForm(prefix: "", right: "give 1 to 128 of A-Z a-z 0-9 : _ . -")

  func owns(host: String) -> Bool {
    host == "api.telnyx.com" || host.hasPrefix("api.") && host.hasSuffix(".telnyx.com")
  }

  func authorization(account: String, token: Secret) -> Secret { Secret("Bearer \(token.reveal())") }

  func remedy(for failure: ScanFailure) -> String? {
    switch failure.kind {
    case .unauthorised: "check the API key, and that the project is the id of its account"
    case .notFound: "check the conference sid and the id of the account"
    case .forbidden, .unavailable, .throttled, .malformed, .unreachable, .invalidPageToken: nil
    }
  }
}
