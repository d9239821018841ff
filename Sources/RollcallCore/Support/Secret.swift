/// A text that must not appear in any output: a token, a webhook URL, a signing key.
///
/// Printing it in any way gives `[secret]`. Only ``reveal()`` returns the text, so a search for that name finds every
/// place where a secret is used.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let text: String

  /// Keeps a text from being printed.
  public init(_ text: String) {
    self.text = text
  }

  /// Returns the text itself, for the header or request line that needs it.
  public func reveal() -> String { text }

  public var description: String { "[secret]" }
  public var debugDescription: String { "[secret]" }
  public var customMirror: Mirror { Mirror(self, children: [] as [Mirror.Child]) }
}

/// Comparisons whose running time does not show where two values differ.
package enum ConstantTime {
  /// Whether both are equal. The time depends only on their lengths, which are not secret.
  package static func equals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (one, other) in zip(left, right) { difference |= one ^ other }
    return difference == 0
  }
}
