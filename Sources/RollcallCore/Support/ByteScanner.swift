/// Reads a short text of fixed grammar from left to right. Every call either takes what it says or returns nil.
package struct ByteScanner {
  private let bytes: ArraySlice<UInt8>
  private var index: Int

  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  package var isAtEnd: Bool { index == bytes.endIndex }

  /// The next byte, which stays where it is.
  package var next: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

  /// Takes the byte if it is the next one.
  package mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    index += 1
    return true
  }

  /// Takes as many decimal digits as there are, which have to be as many as the range allows.
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

  /// Takes one decimal digit.
  package mutating func digit() -> Int? {
    guard let byte = next, byte &- UInt8(ascii: "0") <= 9 else { return nil }
    index += 1
    return Int(byte - UInt8(ascii: "0"))
  }

  /// Takes one space or tab, or more.
  package mutating func blanks() -> Bool {
    let start = index
    while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { index += 1 }
    return index > start
  }

  /// Takes 1–4 letters and packs them, in lower case, into one number; see ``packed(_:)``.
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

  /// What ``word()`` gives for these lower-case letters.
  package static func packed(_ letters: StaticString) -> UInt32 {
    letters.description.utf8.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// `+hh` and `mm`, with a colon between them where asked for.
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

/// What some programs of Windows write before UTF-8, and no reader wants.
package enum ByteOrderMark {
  private static let utf8: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The bytes without such a mark before them.
  package static func dropped(from bytes: [UInt8]) -> [UInt8] {
    bytes.starts(with: utf8) ? Array(bytes[utf8.count...]) : bytes
  }
}

/// Lists as people write them: items with commas between them. Blanks around an item do not count.
package enum CommaList {
  /// The items, empty ones included.
  package static func items(of text: String) -> [Substring] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
  }

  static func trimmed(_ text: Substring) -> Substring {
    guard let first = text.firstIndex(where: { $0 != " " }), let last = text.lastIndex(where: { $0 != " " })
    else { return "" }
    return text[first...last]
  }
}

// The standard library's `firstRange(of:)`, and its `contains` of a text, bring its regular expressions with them: more than
// a megabyte of a binary that is linked statically, and as much to be relocated at each start.
extension Collection where Element: Equatable {
  /// Where some elements first stand one behind the other.
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
  /// Whether the bytes of a text stand in this one.
  package func contains(bytesOf text: String) -> Bool { utf8.range(ofRun: text.utf8) != nil }
}
