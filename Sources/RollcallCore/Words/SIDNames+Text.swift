extension SIDNames {
  /// Reads names: a line each of a sid, blanks and the name, or one JSON object with sids as its keys.
  ///
  /// Blank lines and those that begin with `#` are passed over; lines may end as any system ends them, and a byte order
  /// mark is forgiven.
  package init(text bytes: [UInt8]) throws(Flaw) {
    guard bytes.count <= Self.maximumBytes else {
      throw Flaw(nil, "has \(bytes.count) bytes", "give at most \(Self.maximumBytes)")
    }
    let text = ByteOrderMark.dropped(from: bytes)[...]
    self.init()
    if text.first(where: { !Self.isBlank($0) && !Self.isLineEnd($0) }) == UInt8(ascii: "{") {
      try read(json: Array(text))
    } else {
      try read(lines: text)
    }
  }

  private mutating func read(lines text: ArraySlice<UInt8>) throws(Flaw) {
    let newline = UInt8(ascii: "\n")
    let end = text.contains(newline) ? newline : UInt8(ascii: "\r")
    let lines = text.split(separator: end, omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      guard let line = String(validating: Self.trimmed(bytes), as: UTF8.self) else {
        throw Flaw(index + 1, "is no UTF-8", "give the file as UTF-8")
      }
      guard !line.isEmpty, line.utf8.first != UInt8(ascii: "#") else { continue }
      let blank = line.utf8.firstIndex(where: Self.isBlank) ?? line.endIndex
      let name = Self.trimmed(Array(line.utf8[blank...])[...])
      try add(String(decoding: name, as: UTF8.self), of: String(line[..<blank]), line: index + 1)
    }
  }

  private mutating func read(json text: [UInt8]) throws(Flaw) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(text)
    } catch {
      throw Flaw(nil, "is no JSON at \(error.description)", Self.jsonForm)
    }
    for member in value.asObject ?? [] {
      guard let name = member.value.asText else {
        throw Flaw(nil, "has a name that is no text", Self.jsonForm)
      }
      // The reader keeps no lines; the sid says where it is.
      do throws(Flaw) {
        try add(name, of: member.key, line: nil)
      } catch {
        throw Flaw(nil, "has a member that \(error.problem)", error.right)
      }
    }
  }

  private static let jsonForm = #"give {"SID": "name"}, or a line each of a sid and a name"#

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

  /// Without the blanks at its ends, and the end of a line.
  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let first = bytes.firstIndex(where: { !isBlank($0) && !isLineEnd($0) }),
      let last = bytes.lastIndex(where: { !isBlank($0) && !isLineEnd($0) })
    else { return [] }
    return bytes[first...last]
  }
}
