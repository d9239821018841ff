import RollcallCore

/// A key of Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes.
struct SigningSecret: Hashable, Sendable {
  static let prefix = "whsec_"
  static let keyBytes = 24...64

  /// The whole text, prefix included.
  let text: Secret

  /// - Throws: ``UsageError`` that says where it came from and does not repeat it.
  init(_ text: String, from source: SecretOrigin) throws(UsageError) {
    let encoded = text.dropFirst(Self.prefix.count)
    guard text.hasPrefix(Self.prefix), let count = Self.decodedCount(encoded), Self.keyBytes.contains(count) else {
      throw .invalidSecret(
        source, "holds no signing secret", right: "give whsec_ and the base64 of 24 to 64 random bytes")
    }
    self.text = Secret(text)
  }

  /// How many bytes the base64 stands for; nil where it is none.
  private static func decodedCount(_ text: Substring) -> Int? {
    let digits = text.prefix { $0 != "=" }
    let padding = text.dropFirst(digits.count)
    guard text.utf8.count % 4 == 0, padding.utf8.count <= 2, padding.allSatisfy({ $0 == "=" }),
      digits.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "/") })
    else { return nil }
    return digits.utf8.count * 3 / 4
  }
}
