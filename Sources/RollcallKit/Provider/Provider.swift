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
