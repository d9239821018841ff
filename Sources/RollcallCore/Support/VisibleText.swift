/// Text from the network or the user with nothing in it that moves a cursor, or hides or reorders what is read.
package enum VisibleText {
  /// The text with control, bidirectional and zero-width characters shown as `\u{…}`.
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

  /// A line of JSON with the same characters as `\u` escapes of JSON. They can only stand in its strings, but for the end of
  /// the line.
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

  /// Four digits.
  private static func hexadecimal(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F: true  // C0, DEL, C1
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true  // direction
    case 0x200B...0x200D, 0x2060, 0xFEFF: true  // no width
    case 0x2028, 0x2029: true  // line and paragraph ends
    case 0xFFF9...0xFFFB: true  // annotations
    case 0xFE00...0xFE0F: false  // which form the character before has
    default: scalar.properties.isDefaultIgnorableCodePoint  // no width either: tags, fillers
    }
  }
}
