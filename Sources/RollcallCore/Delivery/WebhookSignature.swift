/// A key that webhooks are signed with: `whsec_` and the base64 of 24–64 bytes. Source: Standard Webhooks 1.0.0.
///
/// Its description is `[secret]`, like that of ``Secret``, and no error contains any part of it.
public struct WebhookSecret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The prefix of every secret.
  public static let prefix = "whsec_"
  /// The bounds of a key's length in bytes.
  public static let lengths = 24...64

  /// Why a text or a key is not a valid secret.
  public enum Flaw: Error, Hashable, Sendable, CustomStringConvertible {
    case missingPrefix
    case notBase64
    /// The key has this many bytes.
    case wrongLength(Int)

    public var description: String {
      switch self {
      case .missingPrefix: "does not begin with \(WebhookSecret.prefix)"
      case .notBase64: "is not base64 after \(WebhookSecret.prefix)"
      case .wrongLength(let count):
        "has \(count) bytes instead of \(lengths.lowerBound) to \(lengths.upperBound)"
      }
    }
  }

  let key: [UInt8]

  /// Reads a secret. White space around it is an error, so remove a file's final newline first.
  ///
  /// - Throws: ``Flaw`` if the prefix, the base64 or the length is wrong.
  public init(_ text: String) throws(Flaw) {
    guard text.utf8.starts(with: Self.prefix.utf8) else { throw .missingPrefix }
    guard let key = Base64.decode(text.utf8.dropFirst(Self.prefix.utf8.count)) else { throw .notBase64 }
    try self.init(key: key)
  }

  /// Creates a secret from random bytes.
  ///
  /// - Throws: ``Flaw/wrongLength(_:)`` unless the length is within ``lengths``.
  public init(key: [UInt8]) throws(Flaw) {
    guard Self.lengths.contains(key.count) else { throw .wrongLength(key.count) }
    self.key = key
  }

  /// Returns the secret as text, for a user who asked for a new one.
  public func reveal() -> String { Self.prefix + Base64.encode(key) }

  public var description: String { "[secret]" }
  public var debugDescription: String { "[secret]" }
  public var customMirror: Mirror { Mirror(self, children: [] as [Mirror.Child]) }
}

/// Signatures that prove to a receiver who sent a webhook and that its body is unchanged.
public enum WebhookSignature {
  /// Returns the value of `webhook-signature`: one `v1,<base64>` for each secret. Source: Standard Webhooks 1.0.0.
  ///
  /// - Parameters:
  ///   - id: the value of `webhook-id`, without a dot.
  ///   - seconds: the value of `webhook-timestamp`: the attempt's time in seconds since 1970.
  ///   - body: exactly the bytes that are sent.
  ///   - secrets: the keys to sign with, in the order of the entries.
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

  /// Returns whether an entry of a `webhook-signature` was made with the secret, in constant time. Entries of other
  /// versions are ignored. The caller decides how old the timestamp may be.
  public static func verify(
    _ value: String, id: String, timestamp seconds: Int64, body: [UInt8], secret: WebhookSecret
  ) -> Bool {
    let expected = Array(headerValue(id: id, timestamp: seconds, body: body, secrets: [secret]).utf8)
    return value.split(separator: " ").contains { ConstantTime.equals(Array($0.utf8), expected) }
  }

  /// Returns the value of `X-Hub-Signature-256`: `sha256=<hex>` of the body alone, as GitHub and others sign.
  public static func hub(body: [UInt8], secret: [UInt8]) -> String {
    "sha256=" + Hex.encode(HMACSHA256.code(of: body, key: secret))
  }
}
