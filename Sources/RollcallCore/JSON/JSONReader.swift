/// Reads a whole JSON document, strictly by RFC 8259.
///
/// UTF-8 is checked, a byte order mark is refused, repeated keys are kept, and the escape of a surrogate that stands alone
/// becomes U+FFFD.
package struct JSONReader {
  /// How many arrays and objects may be inside one another.
  package static let maximumDepth = 64

  private let bytes: PaddedBytes

  /// - Throws: ``JSONError`` at the first byte that is not JSON, or deeper than ``maximumDepth``.
  package static func read(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    try read(PaddedBytes(bytes))
  }

  /// - Throws: ``JSONError`` at the first byte that is not JSON, or deeper than ``maximumDepth``.
  package static func read(_ bytes: PaddedBytes) throws(JSONError) -> JSONValue {
    do throws(ReadFault) {
      return try JSONReader(bytes: bytes).document()
    } catch {
      throw JSONError(offset: error.offset, reason: error.reason.text, in: bytes.bytes)
    }
  }

  private func document() throws(ReadFault) -> JSONValue {
    let b = unsafe bytes.storage.span.bytes
    var i = 0
    JSONScan.space(b, &i)
    let value = try value(b, &i, depth: Self.maximumDepth)
    JSONScan.space(b, &i)
    guard i == bytes.count else { throw ReadFault(JSONFlaw.trailing, at: i) }
    return value
  }

  private func value(_ b: RawSpan, _ i: inout Int, depth: Int) throws(ReadFault) -> JSONValue {
    switch JSONScan.byte(b, i) {
    case 0x22:
      i &+= 1
      let start = i
      let escaped = try JSONScan.string(b, &i)
      return .string(text(start..<(i &- 1), escaped: escaped))
    case 0x7b: return try object(b, &i, depth: depth)
    case 0x5b: return try array(b, &i, depth: depth)
    case 0x2d, 0x30...0x39:
      let start = i
      try JSONScan.number(b, &i)
      return .number(text: text(start..<i, escaped: false))
    default:
      if JSONScan.takeTrue(b, &i) { return .bool(true) }
      if JSONScan.takeFalse(b, &i) { return .bool(false) }
      if JSONScan.takeNull(b, &i) { return .null }
      throw ReadFault(JSONFlaw.value, at: i)
    }
  }

  private func object(_ b: RawSpan, _ i: inout Int, depth: Int) throws(ReadFault) -> JSONValue {
    var members: [(key: String, value: JSONValue)] = []
    guard try JSONScan.open(b, &i, until: 0x7d, depth: depth) else { return .object(members) }
    repeat {
      let (contents, escaped) = try JSONScan.key(b, &i)
      members.append((text(contents, escaped: escaped), try value(b, &i, depth: depth &- 1)))
    } while try JSONScan.hasMore(b, &i, until: 0x7d)
    return .object(members)
  }

  private func array(_ b: RawSpan, _ i: inout Int, depth: Int) throws(ReadFault) -> JSONValue {
    var elements: [JSONValue] = []
    guard try JSONScan.open(b, &i, until: 0x5d, depth: depth) else { return .array(elements) }
    repeat { elements.append(try value(b, &i, depth: depth &- 1)) } while try JSONScan.hasMore(b, &i, until: 0x5d)
    return .array(elements)
  }

  private func text(_ contents: Range<Int>, escaped: Bool) -> String {
    JSONText.string(bytes.storage[contents], escaped: escaped)
  }
}

extension ReadFault.Reason {
  /// What is wrong, in words.
  var text: String {
    switch self {
    case .json(let flaw): flaw.rawValue
    case .row(let flaw): flaw.rawValue
    case .page(let flaw): flaw.rawValue
    }
  }
}
