/// The beginning of what somebody else has said, for a line that people read: visible, short, and without our secrets.
package enum Excerpt {
  /// The maximum length of an excerpt, in UTF-8 bytes.
  package static let maximumBytes = 200
  /// How much is looked at, in bytes: what is hidden or is white space may be longer than what is shown.
  private static let maximumRead = 4096
  /// A shorter part of a secret is part of too many words to be looked for.
  private static let shortestSecret = 8
  private static let hidden = "[secret]"
  private static let cut = "…"

  /// Returns the beginning of a text; empty where there is nothing to see.
  ///
  /// - Parameters:
  ///   - bytes: UTF-8, or not.
  ///   - secrets: texts that it may repeat. Their parts between slashes and the like are looked for too.
  package static func of(_ bytes: some Collection<UInt8>, hiding secrets: [Secret] = []) -> String {
    var read = Array(bytes.prefix(maximumRead))
    for part in parts(of: secrets) { hide(part, in: &read) }
    let words = read.split { " \t\r\n".utf8.contains($0) }
    return shortened(VisibleText.of(String(decoding: Array(words.joined(separator: " ".utf8)), as: UTF8.self)))
  }

  /// Returns the beginning of a text; empty where there is nothing to see.
  package static func of(_ text: String, hiding secrets: [Secret] = []) -> String { of(text.utf8, hiding: secrets) }

  /// The longest first, so that a part does not break up a whole.
  private static func parts(of secrets: [Secret]) -> [[UInt8]] {
    var parts: Set<[UInt8]> = []
    for secret in secrets {
      let bytes = Array(secret.reveal().utf8)
      parts.insert(bytes)
      for part in bytes.split(whereSeparator: isSeparator) { parts.insert(Array(part)) }
    }
    return parts.filter { $0.count >= shortestSecret }.sorted { $0.count > $1.count }
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "&"), UInt8(ascii: "="), UInt8(ascii: ":"),
      UInt8(ascii: " "):
      true
    default: false
    }
  }

  private static func hide(_ part: [UInt8], in bytes: inout [UInt8]) {
    var start = 0
    while let found = bytes[start...].range(ofRun: part) {
      bytes.replaceSubrange(found, with: hidden.utf8)
      start = found.lowerBound + hidden.utf8.count
    }
    // A secret that is cut at the end of what is read shows its beginning.
    for count in stride(from: part.count - 1, through: shortestSecret, by: -1)
    where bytes.count == maximumRead && bytes.suffix(count).elementsEqual(part.prefix(count)) {
      bytes.replaceSubrange((bytes.count - count)..., with: hidden.utf8)
    }
  }

  private static func shortened(_ text: String) -> String {
    guard text.utf8.count > maximumBytes else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: maximumBytes - cut.utf8.count)
    while end.samePosition(in: text.unicodeScalars) == nil { text.utf8.formIndex(before: &end) }
    return text[..<end] + cut
  }
}
