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

  /// Characters of a secret at least, where it is a run of letters and digits such as tokens are.
  private static let minimumToken = 20

  /// A path in double quotes, whole however long; nil where a secret may have been given in its place.
  static func ofPath(_ path: String) -> String? {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard !looksSecret(path), !looksSecret(name), !isToken(name) else { return nil }
    return "\"\(path)\""
  }

  /// Letters with digits among them, and nothing between.
  private static func isToken(_ name: String) -> Bool {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let isRun = name.utf8.allSatisfy { byte in
      digits.contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "=")
    }
    return name.utf8.count >= minimumToken && isRun && name.utf8.contains(where: digits.contains)
  }

  /// The provider's tokens start with `PT`, signing keys with `whsec_`; URLs carry keys in their path or user part.
  private static func looksSecret(_ text: String) -> Bool {
    text.hasPrefix("PT") || text.contains(bytesOf: "whsec_") || text.contains(bytesOf: "://")
      || text.contains(bytesOf: "@")
  }
}
