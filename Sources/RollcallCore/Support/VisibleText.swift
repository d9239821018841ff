/// Makes text from the network or the user safe to show: nothing in it moves the cursor, or hides or reorders text.
package enum VisibleText {
  /// Returns the text with control, bidirectional and zero-width characters as `\u{…}`.
  package static func of(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isHidden) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isHidden(scalar) {
        result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Returns a line of JSON with the same characters as JSON `\u` escapes. The final newline stays.
  package static func escaped(json line: [UInt8]) -> [UInt8] {
    guard line.contains(where: { $0 >= 0x7F }) else { return line }
    var result: [UInt8] = []
    result.reserveCapacity(line.count * 2)
    for scalar in String(decoding: line, as: UTF8.self).unicodeScalars {
      if isHidden(scalar), scalar != "\n" {
        for unit in scalar.utf16 { result += "\\u\(hexadecimal(unit))".utf8 }
      } else {
        result += scalar.utf8
      }
    }
    return result
  }

  /// Returns four digits.
  private static func hexadecimal(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F: true  // C0, DEL, C1
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true  // direction
    case 0x200B...0x200D, 0x2060, 0xFEFF: true  // zero width
    case 0x2028, 0x2029: true  // line and paragraph separators
    case 0xFFF9...0xFFFB: true  // annotations
    case 0xFE00...0xFE0F: false  // variation selectors
    default: scalar.properties.isDefaultIgnorableCodePoint  // also zero width: tags, fillers
    }
  }
}

/// The beginning of a text from another program, for a line that people read: visible, short and without secrets.
package enum Excerpt {
  /// The maximum length of an excerpt, in UTF-8 bytes.
  package static let maximumBytes = 200
  /// The number of bytes examined; white space and hidden secrets can make the excerpt shorter than its source.
  private static let maximumRead = 4096
  /// The minimum length of a part of a secret to search for; shorter ones occur in too many words.
  private static let shortestSecret = 8
  private static let hidden = "[secret]"
  private static let cut = "…"

  /// Returns the beginning of a text; empty if nothing in it is visible.
  ///
  /// - Parameters:
  ///   - bytes: text that should be UTF-8 but may not be.
  ///   - secrets: texts to replace where they appear, whole or in parts between slashes and similar separators.
  package static func of(_ bytes: some Collection<UInt8>, hiding secrets: [Secret] = []) -> String {
    var read = Array(bytes.prefix(maximumRead))
    for part in parts(of: secrets) { hide(part, in: &read) }
    let words = read.split { " \t\r\n".utf8.contains($0) }
    return shortened(VisibleText.of(String(decoding: Array(words.joined(separator: " ".utf8)), as: UTF8.self)))
  }

  /// Returns the beginning of a text; empty if nothing in it is visible.
  package static func of(_ text: String, hiding secrets: [Secret] = []) -> String { of(text.utf8, hiding: secrets) }

  /// Returns the longest parts first, so that a short one does not break up a longer one.
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
    // At the end of the examined bytes, a secret may be cut and so appear only in part.
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

/// The form of the tokens that replace redacted values in events.
package enum RedactedText {
  package static let prefix = "redacted_"
  /// The number of lower-case hexadecimal digits after the prefix: 96 bits, so that collisions among a million values
  /// are improbable.
  package static let digits = 24

  /// Whether a text is such a token, which is never used as a name.
  package static func isOne(_ text: String) -> Bool {
    let bytes = text.utf8
    return bytes.count == prefix.utf8.count + digits && bytes.starts(with: prefix.utf8)
      && bytes.dropFirst(prefix.utf8.count).allSatisfy { $0.isASCIIDigit || (0x61...0x66).contains($0) }
  }
}

/// Describes where a redirect points without revealing the rest of its URL, which may be secret.
package enum RedirectHost {
  /// Returns a text such as `it points to hooks.example.com`; nil if the reply has no `Location` header.
  package static func text(of response: HTTPResponse) -> String? {
    guard let location = response.headers["location"] else { return nil }
    return "it points to \(host(of: location) ?? "another path of the same host")"
  }

  /// Returns the host and port of a URL; nil for a relative URL.
  private static func host(of location: String) -> String? {
    let bytes = Array(location.utf8)
    guard let slashes = bytes.range(ofRun: "//".utf8) else { return nil }
    // A path or query may contain another URL.
    let scheme = bytes[..<slashes.lowerBound]
    guard scheme.isEmpty || scheme.last == UInt8(ascii: ":") && scheme.dropLast().allSatisfy(isInScheme) else {
      return nil
    }
    let authority = bytes[slashes.upperBound...].prefix { byte in !"/?#\\".utf8.contains(byte) }
    // A user name and password may come before the last @.
    let host = authority.lastIndex(of: UInt8(ascii: "@")).map { authority[($0 + 1)...] } ?? authority
    let text = Excerpt.of(host)
    return text.isEmpty ? nil : text
  }

  private static func isInScheme(_ byte: UInt8) -> Bool {
    byte.isASCIILetterOrDigit || "+-.".utf8.contains(byte)
  }
}
