extension JSONText {
  /// An object on one line without white space, with one member more at its end. What the object itself has under that
  /// key, however it is written, is left out.
  ///
  /// - Parameters:
  ///   - object: valid JSON, as ``appendCompacted(_:to:)`` leaves it.
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

  /// Whether a literal, quotes included, stands for a text.
  private static func isKey(_ literal: ArraySlice<UInt8>, _ key: StaticString) -> Bool {
    let contents = literal.dropFirst().dropLast()
    let text = contents.contains(UInt8(ascii: "\\")) ? unescaped(contents)[...] : contents
    return key.withUTF8Buffer { unsafe text.elementsEqual($0) }
  }
}

/// The members of a valid object without white space, in order.
private struct ObjectMembers {
  private let bytes: [UInt8]
  private var place = 1

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Where the next member's key, with its quotes, and its value are; nil after the last.
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
