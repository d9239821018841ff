import RollcallCore

/// Checks for characters that must not appear raw in our lines.
package enum Safety {
  /// Whether bytes are UTF-8 without C0, DEL, C1 and U+2028/2029.
  package static func isQuiet(_ bytes: [UInt8]) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    return text.unicodeScalars.allSatisfy { scalar in
      scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar.value != 0x2028 && scalar.value != 0x2029
    }
  }

  /// Whether a text can be shown on a terminal: nothing in it moves the cursor, or hides or reorders text.
  ///
  /// Uses the standard library's Unicode properties of each scalar.
  package static func isShowable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      if (0x20..<0x7F).contains(scalar.value) { return true }
      return switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: false
      default: !scalar.properties.isBidiControl && !isInvisible(scalar.value)
      }
    }
  }

  /// Whether a character takes no space and combines with no other, by the table in section 5.21 of the Unicode
  /// standard.
  private static func isInvisible(_ value: UInt32) -> Bool {
    switch value {
    case 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B...0x180F, 0x200B...0x200F, 0x202A...0x202E: true
    case 0x2060...0x206F, 0x3164, 0xFEFF, 0xFFA0, 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A: true
    case 0xE0000...0xE0FFF: true
    default: false
    }
  }

  /// Whether an error has the required form: one short line for people.
  package static func isErrorLine(_ line: String) -> Bool {
    line.hasPrefix("rollcall: ") && advice.contains { line.contains(bytesOf: $0) } && isShowable(line)
      && line.utf8.count <= maximumErrorLine
  }

  private static let maximumErrorLine = 4096
  /// The separators before the part of an error that says what would be right.
  private static let advice = ["; ", ": expected "]
}
