/// Writes JSON in rollcall's form: C0, DEL, C1, U+2028 and U+2029 are always written as lower-case `\u` escapes.
package enum JSONText {
  /// Appends a string literal, quotes included.
  package static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(0x22)
    appendContents(of: text, to: &bytes)
    bytes.append(0x22)
  }

  /// Appends an integer.
  package static func append(_ number: some BinaryInteger, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: String(number).utf8)
  }

  /// Appends `true` or `false`.
  package static func append(_ flag: Bool, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: flag ? "true".utf8 : "false".utf8)
  }

  /// Appends a string literal, or `null`.
  package static func append(_ text: String?, to bytes: inout [UInt8]) {
    if let text { append(text, to: &bytes) } else { bytes.append(contentsOf: "null".utf8) }
  }

  /// Appends the contents of a string literal, without its quotes.
  package static func appendContents(of text: String, to bytes: inout [UInt8]) {
    if isPlain(text.utf8Span.span) {
      bytes.append(contentsOf: text.utf8)
      return
    }
    for scalar in text.unicodeScalars { append(scalar, to: &bytes) }
  }

  /// Whether a text is printable ASCII without quotes and backslashes, as most texts are.
  private static func isPlain(_ text: Span<UInt8>) -> Bool {
    for i in text.indices {
      let c = text[i]
      guard c >= 0x20, c < 0x7f, c != 0x22, c != 0x5c else { return false }
    }
    return true
  }

  /// Appends one character in its shortest form.
  static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    switch scalar.value {
    case 0x22: bytes.append(contentsOf: [0x5c, 0x22])
    case 0x5c: bytes.append(contentsOf: [0x5c, 0x5c])
    case 0x08: bytes.append(contentsOf: [0x5c, 0x62])
    case 0x09: bytes.append(contentsOf: [0x5c, 0x74])
    case 0x0a: bytes.append(contentsOf: [0x5c, 0x6e])
    case 0x0c: bytes.append(contentsOf: [0x5c, 0x66])
    case 0x0d: bytes.append(contentsOf: [0x5c, 0x72])
    case 0x00..<0x20, 0x7f..<0xa0, 0x2028, 0x2029:
      appendEscape(UInt16(truncatingIfNeeded: scalar.value), to: &bytes)
    default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }

  /// Appends `\u` and four lower-case digits.
  static func appendEscape(_ unit: UInt16, to bytes: inout [UInt8]) {
    bytes.append(0x5c)
    bytes.append(0x75)
    var rest = unit
    for _ in 0..<4 {
      let digit = UInt8(truncatingIfNeeded: rest >> 12)
      bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      rest <<= 4
    }
  }
}

extension JSONText {
  /// Returns an object on one line with one more member at its end. Existing members of that key are left out, however
  /// the key is escaped.
  ///
  /// - Parameters:
  ///   - object: valid JSON, as written by ``appendCompacted(_:to:)``.
  ///   - value: valid JSON.
  static func object(_ object: [UInt8], adding key: StaticString, _ value: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(object.count + value.count + 16)
    bytes.append(UInt8(ascii: "{"))
    var members = ObjectMembers(object)
    while let member = members.next() {
      guard !isKey(object[member.key], key) else { continue }
      bytes.append(contentsOf: object[member.key.lowerBound..<member.value.upperBound])
      bytes.append(UInt8(ascii: ","))
    }
    bytes.append(UInt8(ascii: "\""))
    key.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: "\":".utf8)
    bytes.append(contentsOf: value)
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  /// Returns the value of a member as it is written, the last one if the key is repeated; nil if there is none.
  ///
  /// - Parameter object: a valid object, as ``appendCompacted(_:to:)`` leaves it.
  static func value(of key: StaticString, in object: [UInt8]) -> [UInt8]? {
    var members = ObjectMembers(object)
    var value: Range<Int>?
    while let member = members.next() {
      if isKey(object[member.key], key) { value = member.value }
    }
    return value.map { Array(object[$0]) }
  }

  /// Whether a string literal, quotes included, represents the key.
  private static func isKey(_ literal: ArraySlice<UInt8>, _ key: StaticString) -> Bool {
    let contents = literal.dropFirst().dropLast()
    let text = contents.contains(UInt8(ascii: "\\")) ? unescaped(contents)[...] : contents
    return key.withUTF8Buffer { unsafe text.elementsEqual($0) }
  }
}

/// Iterates over the members of a valid object without white space.
private struct ObjectMembers {
  private let bytes: [UInt8]
  private var place = 1

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Returns the ranges of the next member's key, quotes included, and value; nil after the last.
  mutating func next() -> (key: Range<Int>, value: Range<Int>)? {
    guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { return nil }
    let key = place..<endOfString(at: place)
    let value = (key.upperBound + 1)..<endOfValue(at: key.upperBound + 1)
    place = value.upperBound + 1
    return (key, value)
  }

  private func endOfString(at start: Int) -> Int {
    var i = start + 1
    while i < bytes.count, bytes[i] != UInt8(ascii: "\"") { i += bytes[i] == UInt8(ascii: "\\") ? 2 : 1 }
    return min(i + 1, bytes.count)
  }

  private func endOfValue(at start: Int) -> Int {
    var (i, depth) = (start, 0)
    while i < bytes.count {
      switch bytes[i] {
      case UInt8(ascii: "\""):
        i = endOfString(at: i)
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard depth > 0 else { return i }
        depth -= 1
      case UInt8(ascii: ",") where depth == 0: return i
      default: break
      }
      i += 1
    }
    return i
  }
}

extension JSONText {
  /// Appends a valid JSON value on one line, safe to print, with every string in its shortest form.
  ///
  /// White space outside strings is dropped. Needless escapes become the characters they stand for; raw DEL, C1, U+2028
  /// and U+2029 become `\u` escapes; lone surrogates become U+FFFD. Everything else, numbers included, is copied byte
  /// for byte. A receiver that parses and re-serialises a line gets the same strings.
  package static func appendCompacted(_ source: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    let b = unsafe source.span.bytes
    var inside = false
    var copied = source.startIndex  // everything before it has been appended
    var i = copied
    while i < source.endIndex {
      if source.endIndex &- i >= 16 {
        if let quotes = JSONScan.quotesIfTidy(b, i &- source.startIndex) {
          inside = inside != (quotes & 1 == 1)
          i &+= 16
          continue
        }
        if inside {
          let run = JSONScan.plainRunWithoutDelete(b, i &- source.startIndex)
          i &+= run
          if run == 16 { continue }
        }
      }
      let c = source[i]
      if !inside {
        if c <= 0x20 {
          bytes.append(contentsOf: source[copied..<i])
          copied = i + 1
        }
        inside = c == 0x22
        i += 1
      } else if c == 0x5c || c >= 0x7f {
        let piece = WrittenPiece(source, at: i)
        if let scalar = piece.rewritten {
          bytes.append(contentsOf: source[copied..<i])
          append(scalar, to: &bytes)
          copied = i + piece.length
        }
        i += piece.length
      } else {
        inside = c != 0x22
        i += 1
      }
    }
    bytes.append(contentsOf: source[copied..<source.endIndex])
  }

  /// Cuts the contents of a string literal to at most `limit` bytes, never inside an escape, a surrogate pair or a
  /// UTF-8 sequence.
  package static func cut(_ written: ArraySlice<UInt8>, to limit: Int) -> ArraySlice<UInt8> {
    guard written.count > limit else { return written }
    let end = written.startIndex + limit
    var i = written.startIndex
    while i < end {
      let next = i + WrittenPiece(written, at: i).length
      if next > end { break }
      i = next
    }
    return written[..<i]
  }

  /// Cuts a text between characters, so that its literal has at most `limit` bytes between the quotes.
  package static func shortened(_ text: String, to limit: Int) -> String {
    // Each byte of a character takes at most six bytes of its literal.
    guard text.utf8.count > limit / 6 else { return text }
    var written: [UInt8] = []
    appendContents(of: text, to: &written)
    guard written.count > limit else { return text }
    return string(cut(ArraySlice(written), to: limit), escaped: true)
  }

  /// Returns the text of a valid literal's contents; a lone surrogate becomes U+FFFD.
  package static func string(_ contents: ArraySlice<UInt8>, escaped: Bool) -> String {
    String(decoding: escaped ? ArraySlice(unescaped(contents)) : contents, as: UTF8.self)
  }

  /// Returns the UTF-8 bytes of ``string(_:escaped:)``.
  package static func unescaped(_ contents: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(contents.count)
    var i = contents.startIndex
    while i < contents.endIndex {
      let piece = WrittenPiece(contents, at: i)
      if let scalar = piece.escapedScalar {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      } else {
        bytes.append(contentsOf: contents[i..<min(i + piece.length, contents.endIndex)])
      }
      i += piece.length
    }
    return bytes
  }
}

/// Bytes that are not a JSON document.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The offset in bytes from the start of the document.
  package let offset: Int
  /// The line, from 1; lines end with a line feed.
  package let line: Int
  /// The column in bytes, from 1.
  package let column: Int
  /// What is wrong there, such as `expected a value`.
  package let reason: String

  package init(offset: Int, reason: String, in document: ArraySlice<UInt8>) {
    self.offset = offset
    self.reason = reason
    let before = document.prefix(offset)
    line = 1 + before.count { $0 == 0x0a }
    column = offset - (before.lastIndex(of: 0x0a).map { $0 - document.startIndex + 1 } ?? 0) + 1
  }

  package var description: String { "line \(line), column \(column): \(reason)" }
}
