import RollcallKit

/// The variables that an account and its token are taken from, where no option names them.
///
/// Those of SignalWire serve for every provider. Where none of them is set, a provider's own count, which its clients read
/// as well; the two are never mixed, so that no provider gets the token of another.
struct AccountVariables: Hashable, Sendable {
  /// nil where the provider's clients read none.
  let project: EnvironmentVariable?
  let token: EnvironmentVariable

  init(of provider: Provider, _ context: CommandContext) {
    let usual: [EnvironmentVariable] = [.space, .spaceURL, .project, .token]
    let provider = usual.contains { context[$0] != nil } ? .signalWire : provider
    switch provider {
    case .signalWire: (project, token) = (.project, .token)
    case .twilio: (project, token) = (.twilioAccount, .twilioToken)
    case .telnyx: (project, token) = (nil, .telnyxKey)
    }
  }
}
