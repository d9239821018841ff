/// Any JSON value. Numbers are kept as text, so that no digit is lost.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(text: String)
  case string(String)
  case array([JSONValue])
  /// The members in the document's order, including repeated keys.
  case object([(key: String, value: JSONValue)])

  /// The value of an object's member, the last one if the key is repeated; nil for other values.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    // Compared by bytes, because Swift's == equates composed and decomposed characters.
    return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// The text of a string; nil for other values.
  package var asText: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The value of a boolean; nil for other values.
  package var asBool: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  /// The value of a number that is written as an integer and fits in 64 bits; nil for other values.
  package var asInteger: Int64? {
    if case .number(let text) = self { Int64(text) } else { nil }
  }

  /// The elements of an array; nil for other values.
  package var asArray: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The members of an object; nil for other values.
  package var asObject: [(key: String, value: JSONValue)]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// Compares as written: numbers by their text, strings by their bytes, members in their order.
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value }
    case (.null, _), (.bool, _), (.number, _), (.string, _), (.array, _), (.object, _): false
    }
  }
}

/// Reads a whole JSON document, strictly by RFC 8259.
///
/// UTF-8 is checked, a byte order mark is rejected, repeated keys are kept, and the escape of a lone surrogate becomes
/// U+FFFD.
package struct JSONReader {
  /// The maximum nesting of arrays and objects.
  package static let maximumDepth = 64

  private let bytes: PaddedBytes

  /// - Throws: ``JSONError`` at the first byte that is not JSON or is nested deeper than ``maximumDepth``.
  package static func read(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    try read(PaddedBytes(bytes))
  }

  /// - Throws: ``JSONError`` at the first byte that is not JSON or is nested deeper than ``maximumDepth``.
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
  /// A description of the fault.
  var text: String {
    switch self {
    case .json(let flaw): flaw.rawValue
    case .row(let flaw): flaw.rawValue
    case .page(let flaw): flaw.rawValue
    }
  }
}
