package import RollcallCore

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
