package import RollcallCore

/// Whose API is asked. All of them descend from one, and differ where a ``ProviderDialect`` says so.
public enum Provider: String, CaseIterable, Sendable {
  case signalWire = "signalwire"
  case twilio
  case telnyx

  /// How this provider's API is spoken.
  package var dialect: any ProviderDialect {
    switch self {
    case .signalWire: SignalWireDialect()
    case .twilio: TwilioDialect()
    case .telnyx: TelnyxDialect()
    }
  }

  /// The provider that a host belongs to; nil for hosts of nobody known, such as a proxy or this machine.
  ///
  /// - Parameter host: in lower case, without a port.
  package init?(host: String) {
    guard let owner = Self.allCases.first(where: { $0.dialect.owns(host: host) }) else { return nil }
    self = owner
  }

  /// The provider of an origin, such as `https://api.twilio.com`; ``signalWire`` where that belongs to nobody known.
  package init(ofOrigin origin: String) {
    let authority = origin.split(separator: "/", omittingEmptySubsequences: true).last ?? ""
    self = Provider(host: String(authority.prefix { $0 != ":" }).lowercased()) ?? .signalWire
  }
}

/// What providers of one and the same API do differently. Everything that they share is in ``ConferenceAPI``.
package protocol ProviderDialect: Sendable {
  /// For people.
  var name: String { get }
  /// The only origin that the provider has; nil where each customer has their own.
  var origin: String? { get }
  /// What paths begin with, before `/Accounts/…`.
  var basePath: String { get }
  /// What the paths of requests end with.
  var pathSuffix: String { get }
  /// What the first page of participants is asked for with; later ones as the provider links them.
  var participantsQuery: String { get }
  /// The same for conferences.
  var conferencesQuery: String { get }
  /// What lists of participants may be filtered by.
  var participantFilters: Set<ParticipantFilter> { get }
  /// What page tokens begin with; empty where they are opaque.
  var pageTokenPrefixes: [String] { get }
  /// Codes of errors that say that the provider does not take a page token.
  var lostTokenCodes: Set<Int64> { get }
  /// A header that says in how many seconds a throttled client may ask again, where there is no `Retry-After`.
  var pauseHeader: String? { get }
  /// Whether a call that is there may be unknown for a while.
  var knowsCallsLate: Bool { get }
  /// What the account's id looks like.
  var accountForm: AccountForm { get }

  /// Whether a host is the provider's.
  func owns(host: String) -> Bool
  /// The value of the `Authorization` header.
  func authorization(account: String, token: Secret) -> Secret
  /// What somebody can do about a failure, where it means something of its own here.
  func remedy(for failure: ScanFailure) -> String?
}

extension ProviderDialect {
  package var origin: String? { nil }
  package var pathSuffix: String { "" }
  package var participantsQuery: String { "PageSize=1000" }
  package var conferencesQuery: String { "PageSize=1000" }
  package var participantFilters: Set<ParticipantFilter> { [.muted, .hold] }
  package var pageTokenPrefixes: [String] { ["PA", "PB"] }
  package var pauseHeader: String? { nil }
  package var knowsCallsLate: Bool { false }

  /// Whether a text may be a page token.
  package func isPageToken(_ token: String) -> Bool {
    let bytes = token.utf8
    guard (1...ParticipantListQuery.maximumTokenLength).contains(bytes.count),
      bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else { return false }
    return pageTokenPrefixes.isEmpty || pageTokenPrefixes.contains { token.hasPrefix($0) }
  }

  /// HTTP's Basic scheme (RFC 7617).
  static func basic(_ user: String, _ password: String) -> Secret {
    Secret("Basic \(Base64.encode(Array("\(user):\(password)".utf8)))")
  }
}

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

/// What the ids of accounts look like.
package struct AccountForm: Sendable, Equatable {
  /// Empty where any id will do.
  package let prefix: String
  /// For people, such as `give the account sid, AC…`.
  package let right: String

  package func accepts(_ account: String) -> Bool { account.hasPrefix(prefix) }
}
