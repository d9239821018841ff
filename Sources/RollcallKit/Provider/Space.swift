package import RollcallCore

/// An account at a provider, whose lists are read.
package struct Space: Sendable, Equatable {
  package let provider: Provider
  /// Scheme, host and port without a trailing slash, such as `https://example.signalwire.com`.
  package let origin: String
  /// The project id, which is also the account sid.
  package let project: String
  /// The path of the list of conferences as it appears in links, without the suffix that requests need.
  let conferencesPath: String
  /// The path of all calls.
  var callsPath: String { "\(accountPath)/Calls" }
  /// The suffix of the paths of requests.
  let pathSuffix: String
  private let accountPath: String

  /// - Parameter provider: the provider; nil for the one that the origin belongs to.
  package init(origin: String, project: String, provider: Provider? = nil) {
    self.provider = provider ?? Provider(ofOrigin: origin)
    self.origin = origin.hasSuffix("/") ? String(origin.dropLast()) : origin
    self.project = project
    let dialect = self.provider.dialect
    accountPath = "\(dialect.basePath)/Accounts/\(PercentEncoding.segment(project))"
    conferencesPath = "\(accountPath)/Conferences"
    pathSuffix = dialect.pathSuffix
  }

  /// Returns a failure's description with the space's host replaced by "the provider", so that it can be passed on.
  package func withoutHost(_ text: String) -> String {
    let origin: RequestOrigin
    do throws(HTTPFailure) { origin = try RequestOrigin(of: Secret(self.origin)) } catch { return text }
    return [self.origin, "\(origin)", origin.host].reduce(text) { text, name in
      text.replacing(bytesOf: name, with: "the provider")
    }
  }

  /// Whether the space is reached over TLS.
  var isEncrypted: Bool { origin.hasPrefix("https:") }

  /// The source named in this space's events.
  package var eventSource: EventSource {
    EventSource(account: origin + accountPath, nobody: "\(origin)\(provider.dialect.basePath)/Accounts/redacted")
  }
}
