import RollcallCore

/// A key of Standard Webhooks, as the user gave it.
struct SigningSecret: Hashable, Sendable {
  let secret: WebhookSecret

  /// - Throws: ``UsageError`` that says where it came from and does not repeat it.
  init(_ text: String, from source: SecretOrigin) throws(UsageError) {
    do throws(WebhookSecret.Flaw) {
      secret = try WebhookSecret(text)
    } catch {
      throw .invalidSecret(
        source, "holds no signing secret", right: "give whsec_ and the base64 of 24 to 64 random bytes")
    }
  }
}
