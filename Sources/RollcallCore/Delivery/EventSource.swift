/// Who tells an event, as a URL that people know from the provider's API: the `source` of CloudEvents.
package struct EventSource: Hashable, Sendable {
  /// The account's own URL, without a slash at the end.
  private let account: String
  /// The same where nobody is to be told whose it is.
  private let nobody: String

  /// - Parameters:
  ///   - account: the URL of the account, such as `https://example.signalwire.com/api/laml/2010-04-01/Accounts/1`.
  ///   - nobody: the same where nobody is to be told whose it is.
  package init(account: String, nobody: String? = nil) {
    self.account = account
    self.nobody = nobody ?? account
  }

  /// The same without the account.
  var withoutAccount: EventSource { EventSource(account: nobody) }

  /// The URL of a conference; that of the account for events without one.
  func url(of conference: ConferenceSID?) -> String {
    // A sid has no character that a path would need encoded.
    conference.map { "\(account)/Conferences/\($0)" } ?? account
  }
}
