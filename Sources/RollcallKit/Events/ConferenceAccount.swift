public import RollcallCore

/// One account of one provider, and the token that its API is asked with.
public struct ConferenceAccount: Sendable {
  /// Why there is no account of what was given.
  public enum Refusal: Error, Equatable, Sendable {
    /// Not scheme, host and perhaps port, or `http:` to another machine, which would show the token to everybody between.
    case origin
    /// No project id.
    case project
  }

  /// Scheme, host and port, such as `https://example.signalwire.com`: the only place that the token is sent to.
  public let origin: String
  /// The project id, which is the account sid as well.
  public let project: String
  public let provider: Provider
  let token: CurrentToken

  /// - Parameters:
  ///   - origin: `https:`, or `http:` on this machine, without a path.
  ///   - provider: nil takes the one that the host belongs to, SignalWire where it is nobody's.
  ///   - token: the API token; Telnyx takes its key.
  /// - Throws: ``Refusal`` before anything is sent.
  public init(origin: String, project: String, provider: Provider? = nil, token: Secret) throws(Refusal) {
    guard !project.isEmpty else { throw .project }
    guard Self.isOrigin(origin) else { throw .origin }
    self.origin = origin
    self.project = project
    self.provider = provider ?? Provider(ofOrigin: origin)
    self.token = CurrentToken(token)
  }

  private static let loopbackHosts = ["127.0.0.1", "localhost", "[::1]"]

  private static func isOrigin(_ text: String) -> Bool {
    guard let parsed = try? RequestOrigin(of: Secret(text)) else { return false }
    let scheme = parsed.isEncrypted ? "https://" : "http://"
    let rest = text.utf8.dropFirst(scheme.utf8.count)
    // A user's name, a path or a query have no place in it.
    guard !rest.contains(where: { "@/?#\\".utf8.contains($0) }) else { return false }
    return parsed.isEncrypted || loopbackHosts.contains(parsed.host.lowercased())
  }
}
