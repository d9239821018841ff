import RollcallCore
import RollcallKit

/// `rollcall secret`: a new key to sign webhooks with.
enum SecretCommand {
  static func text() -> String { WebhookSecret.prefix + Base64.encode(RandomKey.bytes()) }
}
