/// Writes one JSON object, member by member.
struct ObjectWriter {
  private var bytes: [UInt8] = []

  init(capacity: Int) {
    bytes.reserveCapacity(capacity)
    bytes.append(UInt8(ascii: "{"))
  }

  mutating func add(_ key: StaticString, text: String?) {
    begin(key)
    JSONText.append(text, to: &bytes)
  }

  /// Adds a text that is cut to so many bytes as written, between characters.
  mutating func add(_ key: StaticString, cut text: String?, to limit: Int) {
    begin(key)
    append(text, cutTo: limit)
  }

  mutating func add(_ key: StaticString, flag: Bool) {
    begin(key)
    JSONText.append(flag, to: &bytes)
  }

  mutating func add(_ key: StaticString, number: (some BinaryInteger)?) {
    begin(key)
    if let number { JSONText.append(number, to: &bytes) } else { bytes.append(contentsOf: "null".utf8) }
  }

  /// Adds a value that is JSON already.
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

  /// The object, closed.
  consuming func finished() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  /// The object, closed, and a newline.
  consuming func finishedLine() -> [UInt8] {
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
