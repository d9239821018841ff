/// The provider's id of a conference: 1–128 characters of `[A-Za-z0-9:_.-]`, but not `.` or `..`.
public struct ConferenceSID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let text: String

  /// - Returns: nil if the text is not a valid sid.
  public init?(_ text: String) {
    guard SIDSyntax.accepts(text.utf8) else { return nil }
    self.text = text
  }

  public var description: String { text }

  public static func < (left: ConferenceSID, right: ConferenceSID) -> Bool { left.text < right.text }
}

/// The provider's id of a call, which is a participant's only identity.
///
/// 1–128 characters of `[A-Za-z0-9:_.-]`, but not `.` or `..`: a UUID at SignalWire, `CA…` elsewhere.
public struct CallSID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let text: String

  /// - Returns: nil if the text is not a valid sid.
  public init?(_ text: String) {
    guard SIDSyntax.accepts(text.utf8) else { return nil }
    self.text = text
  }

  /// Wraps a text that is already known to be valid.
  init(valid text: String) { self.text = text }

  public var description: String { text }

  public static func < (left: CallSID, right: CallSID) -> Bool { left.text < right.text }
}

/// The syntax of both kinds of sid. `.` and `..` are invalid because a sid becomes a path segment.
package enum SIDSyntax {
  package static let maximumLength = 128

  package static func accepts(_ bytes: some Collection<UInt8>) -> Bool {
    guard (1...maximumLength).contains(bytes.count), bytes.allSatisfy(isAllowed) else { return false }
    return !(bytes.count <= 2 && bytes.allSatisfy { $0 == UInt8(ascii: ".") })
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    byte.isASCIILetterOrDigit || ":_.-".utf8.contains(byte)
  }
}
