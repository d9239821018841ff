package import RollcallCore

/// One account of one provider: where lists are asked for.
package struct Space: Sendable, Equatable {
  package let provider: Provider
  /// Scheme, host and port, without a slash at the end, such as `https://example.signalwire.com`.
  package let origin: String
  /// The project id, which is the account sid as well.
  package let project: String
  /// The path of all conferences, as links name it: without the suffix of requests.
  let conferencesPath: String
  /// The path of all calls.
  var callsPath: String { "\(accountPath)/Calls" }
  /// What the paths of requests end with.
  let pathSuffix: String
  private let accountPath: String

  /// - Parameter provider: nil takes the one that the origin belongs to.
  package init(origin: String, project: String, provider: Provider? = nil) {
    self.provider = provider ?? Provider(ofOrigin: origin)
    self.origin = origin.hasSuffix("/") ? String(origin.dropLast()) : origin
    self.project = project
    let dialect = self.provider.dialect
    accountPath = "\(dialect.basePath)/Accounts/\(PercentEncoding.segment(project))"
    conferencesPath = "\(accountPath)/Conferences"
    pathSuffix = dialect.pathSuffix
  }

  /// How events of this space name where they come from.
  package var eventSource: EventSource {
    EventSource(account: origin + accountPath, nobody: "\(origin)\(provider.dialect.basePath)/Accounts/redacted")
  }
}
