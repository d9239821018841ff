package import RollcallCore

/// One project of one SignalWire space: where lists are asked for.
package struct Space: Sendable, Equatable {
  /// Scheme, host and port, without a slash at the end, such as `https://example.signalwire.com`.
  package let origin: String
  /// The project id, which is the account sid as well.
  package let project: String
  /// The path of all conferences.
  let conferencesPath: String
  private let accountPath: String

  package init(origin: String, project: String) {
    self.origin = origin.hasSuffix("/") ? String(origin.dropLast()) : origin
    self.project = project
    accountPath = "/api/laml/2010-04-01/Accounts/\(PercentEncoding.segment(project))"
    conferencesPath = "\(accountPath)/Conferences"
  }

  /// How events of this space name where they come from.
  package var eventSource: EventSource { EventSource(account: origin + accountPath) }
}
