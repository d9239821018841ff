import RollcallCore

/// Twilio's API of 2010. Source: twilio.com/docs/voice/api/conference-participant-resource.
struct TwilioDialect: ProviderDialect {
  let name = "Twilio"
  let origin: String? = "https://api.twilio.com"
  let basePath = "/2010-04-01"
  /// Without it the reply is XML.
  let pathSuffix = ".json"
  let participantFilters = Set(ParticipantFilter.allCases)
  /// 20001 and 70002: a page needs a token that the request has not, or that is not known. Twilio documents no other
  /// code for a token that is lost.
  let lostTokenCodes: Set<Int64> = [20_001, 70_002, 21_481]
  let accountForm = AccountForm(
    prefix: "AC", right: "give the account sid, AC…; an API key goes into the token, as SK…:SECRET")

  /// Also its regions and edges, such as `api.dublin.ie1.twilio.com`.
  func owns(host: String) -> Bool {
    host == "api.twilio.com" || host.hasPrefix("api.") && host.hasSuffix(".twilio.com")
  }

  /// An API key, `SK…:SECRET`, or a parent account, `AC…:TOKEN`, stands in for the account in what is signed in with, but
  /// not in the paths.
  func authorization(account: String, token: Secret) -> Secret {
    let text = token.reveal()
    guard text.hasPrefix("SK") || text.hasPrefix("AC"), let colon = text.firstIndex(of: ":") else {
      return Self.basic(account, text)
    }
    return Self.basic(String(text[..<colon]), String(text[text.index(after: colon)...]))
  }

  func remedy(for failure: ScanFailure) -> String? {
    switch failure.kind {
    case .unauthorised:
      "check the auth token and the account sid, AC…, or the API key, given as SK…:SECRET; keys and tokens belong to one"
        + " region"
    case .notFound: "check the conference sid, CF…, and the account sid"
    case .unavailable(status: 405, _):
      "give the conference's sid, CF…; CA… is a call, and a friendly name goes with --name"
    case .throttled: "too many requests of this account at the same time: poll less often or watch fewer conferences"
    case .forbidden, .unavailable, .malformed, .unreachable, .invalidPageToken: nil
    }
  }
}
