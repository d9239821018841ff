package import RollcallCore

/// A second reader of JSON that shares no code with the one under test: scalar by scalar, and slow.
package struct PlainJSON {
  private let scalars: [Unicode.Scalar]
  private var index = 0

  /// - Returns: nil if the bytes are not JSON by RFC 8259, or are nested more deeply than `depth`.
  package static func value(of bytes: [UInt8], depth: Int = 64) -> JSONValue? {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    var reader = PlainJSON(scalars: Array(text.unicodeScalars))
    guard let value = reader.value(depth), reader.next() == nil else { return nil }
    return value
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private var here: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  /// Returns the next scalar that is not white space.
  private mutating func next() -> Unicode.Scalar? {
    while let scalar = here, scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" { index += 1 }
    return here
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard here == scalar else { return false }
    index += 1
    return true
  }

  private mutating func value(_ depth: Int) -> JSONValue? {
    defer { _ = next() }
    switch next() {
    case "\"": return string().map(JSONValue.string)
    case "{": return object(depth)
    case "[": return array(depth)
    case "t": return word("true", .bool(true))
    case "f": return word("false", .bool(false))
    case "n": return word("null", .null)
    default: return number()
    }
  }

  private mutating func word(_ text: String, _ value: JSONValue) -> JSONValue? {
    for scalar in text.unicodeScalars {
      guard take(scalar) else { return nil }
    }
    return value
  }

  private mutating func object(_ depth: Int) -> JSONValue? {
    guard depth > 0, take("{") else { return nil }
    var members: [(key: String, value: JSONValue)] = []
    if next() == "}", take("}") { return .object(members) }
    while true {
      guard next() == "\"", let key = string(), next() == ":", take(":"), let value = value(depth - 1) else {
        return nil
      }
      members.append((key, value))
      if take(",") { continue }
      return take("}") ? .object(members) : nil
    }
  }

  private mutating func array(_ depth: Int) -> JSONValue? {
    guard depth > 0, take("[") else { return nil }
    var elements: [JSONValue] = []
    if next() == "]", take("]") { return .array(elements) }
    while true {
      guard let value = value(depth - 1) else { return nil }
      elements.append(value)
      if take(",") { continue }
      return take("]") ? .array(elements) : nil
    }
  }

  /// Reads a string. Escapes are UTF-16, so a run of them is decoded together, and lone surrogates are replaced.
  private mutating func string() -> String? {
    guard take("\"") else { return nil }
    var text = ""
    var escapes: [UInt16] = []
    while let scalar = here {
      index += 1
      if scalar == "\\" {
        guard let unit = escape() else { return nil }
        escapes.append(unit)
        continue
      }
      if !escapes.isEmpty { text += String(decoding: escapes, as: UTF16.self) }
      escapes = []
      if scalar == "\"" { return text }
      guard scalar.value >= 0x20 else { return nil }
      text.unicodeScalars.append(scalar)
    }
    return nil
  }

  private mutating func escape() -> UInt16? {
    guard let letter = here else { return nil }
    index += 1
    switch letter {
    case "\"", "\\", "/": return UInt16(truncatingIfNeeded: letter.value)
    case "b": return 8
    case "t": return 9
    case "n": return 10
    case "f": return 12
    case "r": return 13
    case "u":
      var unit: UInt16 = 0
      for _ in 0..<4 {
        guard let digit = here, let value = Character(digit).hexDigitValue, digit.isASCII else { return nil }
        unit = unit << 4 | UInt16(value)
        index += 1
      }
      return unit
    default: return nil
    }
  }

  private mutating func number() -> JSONValue? {
    let start = index
    _ = take("-")
    if !take("0") { guard digits() else { return nil } }
    if take(".") { guard digits() else { return nil } }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard digits() else { return nil }
    }
    var text = ""
    text.unicodeScalars.append(contentsOf: scalars[start..<index])
    return .number(text: text)
  }

  private mutating func digits() -> Bool {
    let start = index
    while let scalar = here, ("0"..."9").contains(scalar) { index += 1 }
    return index > start
  }
}
