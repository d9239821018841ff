/// A text that must not appear in any output: a token, a webhook's URL, a signing key.
///
/// It describes itself as `[secret]` however it is printed; only ``reveal()`` gives the text, so that a search for that
/// word finds every place where a secret is used.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let text: String

  public init(_ text: String) {
    self.text = text
  }

  /// The text itself, for the one header or request line that needs it.
  public func reveal() -> String { text }

  public var description: String { "[secret]" }
  public var debugDescription: String { "[secret]" }
  public var customMirror: Mirror { Mirror(self, children: [] as [Mirror.Child]) }
}

/// Comparison whose time tells nothing about where two texts differ.
package enum ConstantTime {
  /// Whether both are the same. The time depends on the lengths alone, which are no secret.
  package static func equals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (one, other) in zip(left, right) { difference |= one ^ other }
    return difference == 0
  }
}
