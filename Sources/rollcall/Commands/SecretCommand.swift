import RollcallCore

/// `rollcall secret`: a new key to sign webhooks with.
enum SecretCommand {
  /// As many bytes as the digest that the key is used with.
  private static let keyBytes = 32

  static func text() -> String {
    var random = SystemRandomNumberGenerator()
    let key = (0..<keyBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    return WebhookSecret.prefix + Base64.encode(key)
  }
}
