import RollcallCore
import RollcallKit

/// Everything that `rollcall listen` was told.
struct ListenOptions: Sendable {
  static let defaultPort: UInt16 = 8787

  /// 0 takes any port that is free.
  let port: UInt16
  /// Deliveries have to be signed with one of these; empty where nothing is verified.
  let secrets: [WebhookSecret]
  /// To be logged once each.
  let warnings: [String]

  /// - Throws: ``UsageError``, with ``ExitStatus/configuration`` for a secret that cannot be used.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    try arguments.refuseOperands(of: .listen)
    port = try arguments.integer(.port, in: UInt16.min...UInt16.max) ?? Self.defaultPort
    var secrets: [WebhookSecret] = []
    var warnings: [String] = []
    for path in arguments.all(.secretFile) {
      let file = try SecretFile(path: path, option: .secretFile, pipes: .awaited())
      if let warning = file.warning { warnings.append(warning) }
      secrets.append(try SigningSecret(file.secret.reveal(), from: .file(.secretFile)).secret)
    }
    if secrets.isEmpty, let text = context[.webhookSecret] {
      secrets.append(try SigningSecret(text, from: .environment(.webhookSecret)).secret)
    }
    self.secrets = secrets
    self.warnings = warnings
  }
}
