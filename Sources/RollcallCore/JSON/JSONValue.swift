/// Any JSON value. Numbers stay the text that they were, so that none loses a digit.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(text: String)
  case string(String)
  case array([JSONValue])
  /// Members in the document's order, repeated keys included.
  case object([(key: String, value: JSONValue)])

  /// The member of an object; where the key is repeated, the last one. nil for any other value.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    // By bytes: Swift's == takes composed and decomposed characters for the same.
    return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// The text, where this is a string.
  package var asText: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The truth, where this is a boolean.
  package var asBool: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  /// The number, where this is one written as an integer and within 64 bits.
  package var asInteger: Int64? {
    if case .number(let text) = self { Int64(text) } else { nil }
  }

  /// The elements, where this is an array.
  package var asArray: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The members, where this is an object.
  package var asObject: [(key: String, value: JSONValue)]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// Equal as written: numbers by their text, strings by their bytes, members in their order.
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
