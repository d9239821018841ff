import RollcallKit

/// The variables that the parts of an account are taken from, where no option names them: one provider's, and never some of
/// another's, so that no provider gets the token of another.
struct AccountVariables: Hashable, Sendable {
  /// Where the space may stand, the first that is set counts; empty where the provider has one host, or builds its name.
  let space: [EnvironmentVariable]
  /// nil where the provider's clients read none.
  let project: EnvironmentVariable?
  let token: EnvironmentVariable
  /// An API key, whose id and secret are as good as a token.
  let key: Key?
  /// What the name of the provider's host is made of.
  let place: Place?

  struct Key: Hashable, Sendable {
    let id: EnvironmentVariable
    let secret: EnvironmentVariable
  }

  struct Place: Hashable, Sendable {
    let region: EnvironmentVariable
    let edge: EnvironmentVariable
  }

  private static let signalWire = AccountVariables(
    space: [.space, .spaceURL], project: .project, token: .token, key: nil, place: nil)
  private static let twilio = AccountVariables(
    space: [], project: .twilioAccount, token: .twilioToken, key: Key(id: .twilioKey, secret: .twilioSecret),
    place: Place(region: .twilioRegion, edge: .twilioEdge))
  private static let telnyx = AccountVariables(space: [], project: nil, token: .telnyxKey, key: nil, place: nil)

  private init(
    space: [EnvironmentVariable], project: EnvironmentVariable?, token: EnvironmentVariable, key: Key?, place: Place?
  ) {
    (self.space, self.project, self.token, self.key, self.place) = (space, project, token, key, place)
  }

  /// - Parameter provider: as far as the options say; nil where they do not.
  ///
  /// SignalWire's variables serve for a provider of whose own none is set.
  init(of provider: Provider?, _ context: CommandContext) {
    let own = Self.own(provider ?? .signalWire)
    self = own.areSet(in: context) || !Self.signalWire.areSet(in: context) ? own : .signalWire
  }

  /// The providers of which some variable is set.
  static func providers(in context: CommandContext) -> [Provider] {
    Provider.allCases.filter { own($0).areSet(in: context) }
  }

  private static func own(_ provider: Provider) -> AccountVariables {
    switch provider {
    case .signalWire: .signalWire
    case .twilio: .twilio
    case .telnyx: .telnyx
    }
  }

  private func areSet(in context: CommandContext) -> Bool {
    let all = space + [project, token, key?.id, key?.secret, place?.region, place?.edge].compactMap(\.self)
    return all.contains { context[$0] != nil }
  }
}
