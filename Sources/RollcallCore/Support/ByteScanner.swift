/// Reads a short text of fixed grammar from left to right. Each method consumes what it names, or returns nil or false.
package struct ByteScanner {
  private let bytes: ArraySlice<UInt8>
  private var index: Int

  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  package var isAtEnd: Bool { index == bytes.endIndex }

  /// The next byte, not consumed.
  package var next: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

  /// Consumes the byte if it is the next one.
  package mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    index += 1
    return true
  }

  /// Consumes all decimal digits that follow, whose number must be in the range.
  package mutating func number(digits: ClosedRange<Int>) -> Int? {
    var value = 0
    var count = 0
    while let digit = digit() {
      count += 1
      guard count <= digits.upperBound else { return nil }
      value = value * 10 + digit
    }
    return count >= digits.lowerBound ? value : nil
  }

  /// Consumes one decimal digit.
  package mutating func digit() -> Int? {
    guard let byte = next, byte &- UInt8(ascii: "0") <= 9 else { return nil }
    index += 1
    return Int(byte - UInt8(ascii: "0"))
  }

  /// Consumes one or more spaces and tabs.
  package mutating func blanks() -> Bool {
    let start = index
    while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { index += 1 }
    return index > start
  }

  /// Consumes 1–4 letters and packs them, in lower case, into one number; see ``packed(_:)``.
  package mutating func word() -> UInt32? {
    var value: UInt32 = 0
    var count = 0
    while let byte = next, (byte | 0x20) &- UInt8(ascii: "a") < 26 {
      guard count < 4 else { return nil }
      value = value << 8 | UInt32(byte | 0x20)
      count += 1
      index += 1
    }
    return count > 0 ? value : nil
  }

  /// Returns the number that ``word()`` gives for these lower-case letters.
  package static func packed(_ letters: StaticString) -> UInt32 {
    letters.description.utf8.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Consumes `+hh` and `mm`, with a colon between them if `colon` is true.
  ///
  /// - Returns: seconds east of Greenwich.
  package mutating func offset(colon: Bool) -> Int64? {
    let isEast = take("+")
    guard isEast || take("-") else { return nil }
    let hours: Int?
    let minutes: Int?
    if colon {
      hours = number(digits: 2...2)
      guard take(":") else { return nil }
      minutes = number(digits: 2...2)
    } else {
      let both = number(digits: 4...4)
      hours = both.map { $0 / 100 }
      minutes = both.map { $0 % 100 }
    }
    guard let hours, let minutes, hours < 24, minutes < 60 else { return nil }
    let seconds = Int64(hours * 3600 + minutes * 60)
    return isEast ? seconds : -seconds
  }
}

/// The byte order mark that some Windows programs write before UTF-8.
package enum ByteOrderMark {
  private static let utf8: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Returns the bytes without a leading byte order mark.
  package static func dropped(from bytes: [UInt8]) -> [UInt8] {
    bytes.starts(with: utf8) ? Array(bytes[utf8.count...]) : bytes
  }
}

/// Comma-separated lists; blanks around an item are ignored.
package enum CommaList {
  /// Returns the items, including empty ones.
  package static func items(of text: String) -> [Substring] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
  }

  static func trimmed(_ text: Substring) -> Substring {
    guard let first = text.firstIndex(where: { $0 != " " }), let last = text.lastIndex(where: { $0 != " " })
    else { return "" }
    return text[first...last]
  }
}

// The standard library's `firstRange(of:)` and its `contains` for strings pull in its regular expressions, which add
// over a megabyte to a statically linked binary and to the relocations at each start.
extension Collection where Element: Equatable {
  /// Returns the first range whose elements equal `run`.
  package func range(ofRun run: some Collection<Element>) -> Range<Index>? {
    var start = startIndex
    while true {
      var (end, matched) = (start, run.startIndex)
      while end < endIndex, matched < run.endIndex, self[end] == run[matched] {
        formIndex(after: &end)
        run.formIndex(after: &matched)
      }
      if matched == run.endIndex { return start..<end }
      guard start < endIndex else { return nil }
      formIndex(after: &start)
    }
  }
}

extension StringProtocol {
  /// Whether this text contains the bytes of another.
  package func contains(bytesOf text: String) -> Bool { utf8.range(ofRun: text.utf8) != nil }

  /// Returns this text with the bytes of another replaced wherever they occur.
  package func replacing(bytesOf text: String, with replacement: String) -> String {
    var (result, rest) = ("", self[...])
    while !text.isEmpty, let found = rest.utf8.range(ofRun: text.utf8) {
      result.append(contentsOf: rest[..<found.lowerBound])
      result += replacement
      rest = rest[found.upperBound...]
    }
    result.append(contentsOf: rest)
    return result
  }
}
