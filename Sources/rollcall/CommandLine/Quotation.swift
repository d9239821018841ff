import RollcallCore

/// How an error repeats what the user typed: quoted, cut, and not at all where it looks like a secret.
enum Quotation {
  /// Unicode scalars that are repeated, as many marks can stand on one character; longer texts end in an ellipsis.
  static let maximumLength = 48

  /// The text in double quotes. A webhook's URL, a token or a signing key that landed in the wrong place is left out.
  static func of(_ text: String) -> String {
    guard !looksSecret(text) else { return "the text given" }
    let cut = text.unicodeScalars.prefix(maximumLength)
    return cut.endIndex < text.unicodeScalars.endIndex ? "\"\(Substring(cut))…\"" : "\"\(text)\""
  }

  /// The provider's tokens start with `PT`, signing keys with `whsec_`; URLs carry keys in their path or user part.
  private static func looksSecret(_ text: String) -> Bool {
    text.hasPrefix("PT") || text.contains(bytesOf: "whsec_") || text.contains(bytesOf: "://")
      || text.contains(bytesOf: "@")
  }
}
