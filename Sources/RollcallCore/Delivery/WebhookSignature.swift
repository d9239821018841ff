/// Proves to a receiver who sent a webhook, and that nobody has changed it.
public enum WebhookSignature {
  /// The value of `webhook-signature`: one `v1,<base64>` for each secret. Source: Standard Webhooks 1.0.0.
  ///
  /// - Parameters:
  ///   - id: the value of `webhook-id`; has no dot.
  ///   - seconds: the value of `webhook-timestamp`: the attempt's time in seconds since 1970.
  ///   - body: exactly the bytes that are sent.
  public static func headerValue(
    id: String, timestamp seconds: Int64, body: [UInt8], secrets: [WebhookSecret]
  ) -> String {
    secrets.map { secret in
      var code = HMACSHA256(key: secret.key)
      code.update("\(id).\(seconds).".utf8)
      code.update(body)
      return "v1," + Base64.encode(code.finish())
    }.joined(separator: " ")
  }

  /// Whether one of the entries of a `webhook-signature` was made with the secret. Entries of other versions are passed
  /// over. How old the timestamp may be is for the caller to say.
  public static func verify(
    _ value: String, id: String, timestamp seconds: Int64, body: [UInt8], secret: WebhookSecret
  ) -> Bool {
    let expected = Array(headerValue(id: id, timestamp: seconds, body: body, secrets: [secret]).utf8)
    return value.split(separator: " ").contains { ConstantTime.equals(Array($0.utf8), expected) }
  }

  /// The value of `X-Hub-Signature-256`: `sha256=<hex>` over the body alone, as GitHub and others sign.
  public static func hub(body: [UInt8], secret: [UInt8]) -> String {
    "sha256=" + Hex.encode(HMACSHA256.code(of: body, key: secret))
  }
}
