/// Who tells an event, as a URL that people know from the provider's API: the `source` of CloudEvents.
package struct EventSource: Hashable, Sendable {
  /// The account's own URL, without a slash at the end.
  private let account: String

  /// - Parameter account: the URL of the account, such as `https://example.signalwire.com/api/laml/2010-04-01/Accounts/1`.
  package init(account: String) {
    self.account = account
  }

  /// The URL of a conference; that of the account for events without one.
  func url(of conference: ConferenceSID?) -> String {
    // A sid has no character that a path would need encoded.
    conference.map { "\(account)/Conferences/\($0)" } ?? account
  }
}
