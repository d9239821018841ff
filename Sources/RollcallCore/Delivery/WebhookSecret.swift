/// A key that webhooks are signed with: `whsec_` and the base64 of 24–64 bytes. Source: Standard Webhooks 1.0.0.
///
/// It describes itself as `[secret]`, like ``Secret``, and no error tells any part of it.
public struct WebhookSecret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// What every secret begins with.
  public static let prefix = "whsec_"
  /// How many bytes a key may have.
  public static let lengths = 24...64

  /// Why a text is not a secret.
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
        "holds \(count) bytes, not \(lengths.lowerBound) to \(lengths.upperBound)"
      }
    }
  }

  let key: [UInt8]

  /// Reads a secret. White space around it is not forgiven; whoever reads a file cuts the line's end off.
  public init(_ text: String) throws(Flaw) {
    guard text.utf8.starts(with: Self.prefix.utf8) else { throw .missingPrefix }
    guard let key = Base64.decode(text.utf8.dropFirst(Self.prefix.utf8.count)) else { throw .notBase64 }
    try self.init(key: key)
  }

  /// Makes a secret of random bytes.
  public init(key: [UInt8]) throws(Flaw) {
    guard Self.lengths.contains(key.count) else { throw .wrongLength(key.count) }
    self.key = key
  }

  /// The secret as text, for the one who asked for a new one.
  public func reveal() -> String { Self.prefix + Base64.encode(key) }

  public var description: String { "[secret]" }
  public var debugDescription: String { "[secret]" }
  public var customMirror: Mirror { Mirror(self, children: [] as [Mirror.Child]) }
}
