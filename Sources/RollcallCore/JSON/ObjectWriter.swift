/// Writes one JSON object, member by member.
package struct ObjectWriter {
  private var bytes: [UInt8] = []

  package init(capacity: Int) {
    bytes.reserveCapacity(capacity)
    bytes.append(UInt8(ascii: "{"))
  }

  package mutating func add(_ key: StaticString, text: String?) {
    begin(key)
    JSONText.append(text, to: &bytes)
  }

  /// Adds a text that is cut between characters, so that its literal has at most `limit` bytes between the quotes.
  mutating func add(_ key: StaticString, cut text: String?, to limit: Int) {
    begin(key)
    append(text, cutTo: limit)
  }

  mutating func add(_ key: StaticString, flag: Bool) {
    begin(key)
    JSONText.append(flag, to: &bytes)
  }

  package mutating func add(_ key: StaticString, number: (some BinaryInteger)?) {
    begin(key)
    if let number { JSONText.append(number, to: &bytes) } else { bytes.append(contentsOf: "null".utf8) }
  }

  /// Adds a value that is already JSON.
  mutating func add(_ key: StaticString, json: [UInt8]) {
    begin(key)
    bytes.append(contentsOf: json)
  }

  mutating func add(_ key: StaticString, _ changes: [FieldChange]) {
    begin(key)
    for (index, change) in changes.enumerated() {
      bytes.append(UInt8(ascii: index == 0 ? "{" : ","))
      JSONText.append(change.field, to: &bytes)
      bytes.append(contentsOf: ":{\"from\":".utf8)
      append(change.from)
      bytes.append(contentsOf: ",\"to\":".utf8)
      append(change.to)
      bytes.append(UInt8(ascii: "}"))
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// Closes and returns the object.
  consuming func finished() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  /// Closes and returns the object with a newline.
  package consuming func finishedLine() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  private mutating func begin(_ key: StaticString) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "\""))
    key.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func append(_ value: FieldChange.Value) {
    switch value {
    case .flag(let flag): JSONText.append(flag, to: &bytes)
    case .text(let text): append(text, cutTo: EventWriter.maximumText)
    }
  }

  private mutating func append(_ text: String?, cutTo limit: Int) {
    guard let text else {
      bytes.append(contentsOf: "null".utf8)
      return
    }
    var contents: [UInt8] = []
    JSONText.appendContents(of: text, to: &contents)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: JSONText.cut(ArraySlice(contents), to: limit))
    bytes.append(UInt8(ascii: "\""))
  }
}

/// One character of a string literal: an escape, a pair of escaped surrogates, or UTF-8.
struct WrittenPiece {
  /// The number of bytes of the character.
  let length: Int
  /// The character that an escape stands for, U+FFFD for a lone surrogate; nil if there is no escape.
  let escapedScalar: Unicode.Scalar?
  /// The character to write again in its shortest form; nil if its bytes can be copied.
  let rewritten: Unicode.Scalar?

  /// - Parameter i: the index of a character's first byte in the contents of a valid literal.
  init(_ contents: ArraySlice<UInt8>, at i: Int) {
    switch contents[i] {
    case 0x5c: self.init(escape: contents, at: i)
    case 0x7f: self.init(length: 1, rewritten: "\u{7f}")
    case 0xc2:
      let second = Self.byte(contents, i + 1)
      self.init(length: 2, rewritten: second < 0xa0 ? Unicode.Scalar(second) : nil)
    case 0xe2:
      let third = Self.byte(contents, i + 2)
      let separates = Self.byte(contents, i + 1) == 0x80 && (third == 0xa8 || third == 0xa9)
      self.init(length: 3, rewritten: separates ? third == 0xa8 ? "\u{2028}" : "\u{2029}" : nil)
    case 0xc3..<0xe0: self.init(length: 2, rewritten: nil)
    case 0xe0..<0xf0: self.init(length: 3, rewritten: nil)
    case 0xf0...: self.init(length: 4, rewritten: nil)
    default: self.init(length: 1, rewritten: nil)
    }
  }

  private init(length: Int, rewritten: Unicode.Scalar?) {
    self.length = length
    escapedScalar = nil
    self.rewritten = rewritten
  }

  private init(length: Int, escaped: Unicode.Scalar?) {
    self.length = length
    escapedScalar = escaped
    rewritten = escaped
  }

  private init(escape contents: ArraySlice<UInt8>, at i: Int) {
    guard Self.byte(contents, i + 1) == 0x75 else {
      self.init(length: 2, escaped: Self.scalar(ofShort: Self.byte(contents, i + 1)))
      return
    }
    let unit = Self.unit(contents, at: i + 2)
    if let scalar = Unicode.Scalar(unit) {
      self.init(length: 6, escaped: scalar)
    } else if let low = Self.lowSurrogate(contents, at: i + 6), UTF16.isLeadSurrogate(unit) {
      let pair = 0x1_0000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(low) - 0xdc00)
      self.init(length: 12, escaped: Unicode.Scalar(pair))
    } else {
      self.init(length: 6, escaped: "\u{fffd}")
    }
  }

  private static func byte(_ contents: ArraySlice<UInt8>, _ i: Int) -> UInt8 {
    i < contents.endIndex ? contents[i] : 0
  }

  private static func lowSurrogate(_ contents: ArraySlice<UInt8>, at i: Int) -> UInt16? {
    guard byte(contents, i) == 0x5c, byte(contents, i + 1) == 0x75 else { return nil }
    let unit = unit(contents, at: i + 2)
    return UTF16.isTrailSurrogate(unit) ? unit : nil
  }

  private static func unit(_ contents: ArraySlice<UInt8>, at i: Int) -> UInt16 {
    var unit: UInt16 = 0
    for k in 0..<4 {
      let c = byte(contents, i + k)
      unit = unit << 4 | UInt16(c < 0x3a ? c & 0xf : (c & 0xf) + 9)
    }
    return unit
  }

  private static func scalar(ofShort letter: UInt8) -> Unicode.Scalar {
    switch letter {
    case 0x62: "\u{08}"
    case 0x66: "\u{0c}"
    case 0x6e: "\n"
    case 0x72: "\r"
    case 0x74: "\t"
    default: Unicode.Scalar(letter)
    }
  }
}
