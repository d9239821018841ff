package import RollcallCore

/// The provider whose API is used. The APIs have a common origin and differ where a ``ProviderDialect`` says so.
public enum Provider: String, CaseIterable, Sendable {
  /// SignalWire's compatibility API.
  case signalWire = "signalwire"
  /// Twilio's API of 2010.
  case twilio
  /// Telnyx's TeXML API.
  case telnyx

  /// The differences of this provider's API.
  package var dialect: any ProviderDialect {
    switch self {
    case .signalWire: SignalWireDialect()
    case .twilio: TwilioDialect()
    case .telnyx: TelnyxDialect()
    }
  }

  /// Creates the provider that a host belongs to; nil for an unknown host, such as a proxy or this machine.
  ///
  /// - Parameter host: the host in lower case, without a port.
  package init?(host: String) {
    guard let owner = Self.allCases.first(where: { $0.dialect.owns(host: host) }) else { return nil }
    self = owner
  }

  /// Creates the provider of an origin such as `https://api.twilio.com`; ``signalWire`` for an unknown one.
  package init(ofOrigin origin: String) {
    let authority = origin.split(separator: "/", omittingEmptySubsequences: true).last ?? ""
    self = Provider(host: String(authority.prefix { $0 != ":" }).lowercased()) ?? .signalWire
  }
}

/// The differences between the providers' APIs. What they share is in ``ConferenceAPI``.
package protocol ProviderDialect: Sendable {
  /// The provider's name, for display.
  var name: String { get }
  /// The provider's only origin; nil if each customer has their own.
  var origin: String? { get }
  /// The beginning of paths, before `/Accounts/…`.
  var basePath: String { get }
  /// The suffix of the paths of requests.
  var pathSuffix: String { get }
  /// The query of the first page of participants; later ones follow links.
  var participantsQuery: String { get }
  /// The query of the first page of conferences.
  var conferencesQuery: String { get }
  /// The documented filters of participant lists.
  var participantFilters: Set<ParticipantFilter> { get }
  /// The prefixes of page tokens; empty if tokens are opaque.
  var pageTokenPrefixes: [String] { get }
  /// The error codes with which the provider rejects a page token.
  var lostTokenCodes: Set<Int64> { get }
  /// A header, besides `Retry-After`, with the number of seconds for which a throttled client must pause.
  var pauseHeader: String? { get }
  /// Whether the provider may not know an existing call for a while.
  var knowsCallsLate: Bool { get }
  /// The form of account ids.
  var accountForm: AccountForm { get }

  /// Whether a host belongs to the provider.
  func owns(host: String) -> Bool
  /// Returns the value of the `Authorization` header.
  func authorization(account: String, token: Secret) -> Secret
  /// Returns the remedy for a failure if this provider has a specific one for what was requested.
  func remedy(for failure: ScanFailure, about resource: RequestedResource) -> String?
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

  /// Whether a text has the form of a page token.
  package func isPageToken(_ token: String) -> Bool {
    let bytes = token.utf8
    guard (1...ParticipantListQuery.maximumTokenLength).contains(bytes.count),
      bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else { return false }
    return pageTokenPrefixes.isEmpty || pageTokenPrefixes.contains { token.hasPrefix($0) }
  }

  /// Returns credentials of HTTP's Basic scheme (RFC 7617).
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

  func remedy(for failure: ScanFailure, about resource: RequestedResource) -> String? {
    switch failure.kind {
    case .unauthorised: "check the token (SIGNALWIRE_API_TOKEN or --token-file) and the project id"
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
  /// Without this suffix, replies are XML.
  let pathSuffix = ".json"
  let participantFilters = Set(ParticipantFilter.allCases)
  /// 20001 and 70002: a page needs a token that is missing or unknown. Twilio documents no other code for a lost token.
  let lostTokenCodes: Set<Int64> = [20_001, 70_002, 21_481]
  let accountForm = AccountForm(
    prefix: "AC", right: "give the account sid, AC…; an API key goes into the token, as SK…:SECRET")

  /// Whether a host is Twilio's, including regions and edges such as `api.dublin.ie1.twilio.com`.
  func owns(host: String) -> Bool {
    host == "api.twilio.com" || host.hasPrefix("api.") && host.hasSuffix(".twilio.com")
  }

  /// Returns Basic credentials. An API key, `SK…:SECRET`, or a parent account, `AC…:TOKEN`, replaces the account here
  /// but not in paths.
  func authorization(account: String, token: Secret) -> Secret {
    let text = token.reveal()
    guard text.hasPrefix("SK") || text.hasPrefix("AC"), let colon = text.firstIndex(of: ":") else {
      return Self.basic(account, text)
    }
    return Self.basic(String(text[..<colon]), String(text[text.index(after: colon)...]))
  }

  func remedy(for failure: ScanFailure, about resource: RequestedResource) -> String? {
    switch failure.kind {
    case .unauthorised:
      "check the auth token and the account sid, AC…, or the API key, given as SK…:SECRET; keys and tokens belong to one"
        + " region"
    case .notFound where resource == .conferences: "check the account sid"
    case .notFound: "check the conference sid, CF…, and the account sid"
    case .unavailable(status: 405, _) where resource != .conferences:
      "give the conference's sid, CF…; CA… is a call, and a friendly name goes with --name"
    case .throttled: "too many requests of this account at the same time: poll less often or watch fewer conferences"
    case .forbidden, .unavailable, .malformed, .unreachable, .invalidPageToken: nil
    }
  }
}

/// Telnyx's TeXML API. Source: developers.telnyx.com/api-reference/texml-rest-commands.
///
/// Its other differences are handled elsewhere: the reader of rows accepts `coaching_call_sid` for `call_sid_to_coach`,
/// and `{"errors":[…]}` counts as an error from any provider. The reply about a participant who has left is not
/// documented, so anything but a 404 with errors leaves the decision to the list.
struct TelnyxDialect: ProviderDialect {
  let name = "Telnyx"
  let origin: String? = "https://api.telnyx.com"
  let basePath = "/v2/texml"
  /// Empty because no parameter of the participant list is documented; Telnyx determines the page size.
  let participantsQuery = ""
  /// The maximum of `PageSize` is not documented; 100 is a common value.
  let conferencesQuery = "PageSize=100"
  let participantFilters: Set<ParticipantFilter> = []
  let pageTokenPrefixes: [String] = []
  /// Empty because none is documented. A scan whose token is rejected fails, and the next one starts again.
  let lostTokenCodes: Set<Int64> = []
  let pauseHeader: String? = "x-ratelimit-reset"
  /// Telnyx calls its call resources "eventually consistent" (fetch-a-call).
  let knowsCallsLate = true
  let accountForm = AccountForm(prefix: "", right: "give 1 to 128 of A-Z a-z 0-9 : _ . -")

  func owns(host: String) -> Bool {
    host == "api.telnyx.com" || host.hasPrefix("api.") && host.hasSuffix(".telnyx.com")
  }

  func authorization(account: String, token: Secret) -> Secret { Secret("Bearer \(token.reveal())") }

  func remedy(for failure: ScanFailure, about resource: RequestedResource) -> String? {
    switch failure.kind {
    case .unauthorised: "check the API key, and that the project is the id of its account"
    case .notFound where resource == .conferences: "check the id of the account"
    case .notFound: "check the conference sid and the id of the account"
    case .forbidden, .unavailable, .throttled, .malformed, .unreachable, .invalidPageToken: nil
    }
  }
}

/// The form of account ids.
package struct AccountForm: Sendable, Equatable {
  /// The required prefix; may be empty.
  package let prefix: String
  /// The remedy to show, such as `give the account sid, AC…`.
  package let right: String

  package func accepts(_ account: String) -> Bool { account.hasPrefix(prefix) }
}
