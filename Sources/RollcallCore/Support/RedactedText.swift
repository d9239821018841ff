/// The form of the tokens that stand in events for what is not to be shown.
package enum RedactedText {
  package static let prefix = "redacted_"
  /// Lower-case hexadecimal digits behind the prefix: 96 bits, so that a million values have no two with the same token.
  package static let digits = 24

  /// Whether a text is such a token. Where people want a name, it is none.
  package static func isOne(_ text: String) -> Bool {
    let bytes = text.utf8
    return bytes.count == prefix.utf8.count + digits && bytes.starts(with: prefix.utf8)
      && bytes.dropFirst(prefix.utf8.count).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
