import FuzzOracles
import RollcallCore

/// The JSON reader, compared with an independent one and with our own writer.
enum JSONFuzz {
  static func check(_ bytes: [UInt8]) {
    let expected = PlainJSON.value(of: bytes, depth: JSONReader.maximumDepth)
    do throws(JSONError) {
      let value = try JSONReader.read(bytes)
      require(value == expected, "expected \(String(describing: expected)), got \(value)")
      require(value == PlainJSON.value(of: written(value)), "the written value is read as another one: \(value)")
      checkCompacted(bytes, value)
      if let text = value.asText { checkCut(bytes, text) }
    } catch {
      require(expected == nil, "valid JSON was rejected: \(error)")
      require((0...bytes.count).contains(error.offset), "offset \(error.offset) is outside the \(bytes.count) bytes")
      require(
        error.line >= 1 && error.column >= 1 && error.column <= error.offset + 1, "invalid line or column: \(error)")
    }
  }

  /// Returns the value as our own writer writes it.
  static func written(_ value: JSONValue) -> [UInt8] {
    var bytes: [UInt8] = []
    append(value, to: &bytes)
    require(Safety.isQuiet(bytes), "the written value is not safe to print")
    return bytes
  }

  private static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
    switch value {
    case .null: JSONText.append(nil, to: &bytes)
    case .bool(let flag): JSONText.append(flag, to: &bytes)
    case .number(let text): bytes += Array(text.utf8)
    case .string(let text): JSONText.append(text, to: &bytes)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        append(element, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        JSONText.append(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(member.value, to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func checkCompacted(_ bytes: [UInt8], _ value: JSONValue) {
    var compacted: [UInt8] = []
    JSONText.appendCompacted(bytes[...], to: &compacted)
    require(Safety.isQuiet(compacted), "the compacted record is not safe to print")
    require(PlainJSON.value(of: compacted) == value, "the compacted record is read as another value")
    require(compacted == written(value), "the compacted record is not in its shortest form")
    var again: [UInt8] = []
    JSONText.appendCompacted(compacted[...], to: &again)
    require(again == compacted, "compacting a second time changes the record")
  }

  /// Checks that a literal is cut between characters, at each length.
  private static func checkCut(_ bytes: [UInt8], _ text: String) {
    guard let first = bytes.firstIndex(of: UInt8(ascii: "\"")), let last = bytes.lastIndex(of: UInt8(ascii: "\""))
    else {
      fatalError("a string has no quotes")
    }
    let contents = bytes[(first + 1)..<last]
    require(
      JSONText.string(contents, escaped: true).utf8.elementsEqual(text.utf8), "the string is unescaped incorrectly")
    for limit in Set([0, 1, 5, 6, 11, 12, contents.count - 1, contents.count]) where limit >= 0 {
      let cut = JSONText.cut(contents, to: limit)
      require(
        cut.count <= limit && contents.starts(with: cut), "the string cut to \(limit) bytes is too long or not a prefix"
      )
      guard let kept = PlainJSON.value(of: [0x22] + cut + [0x22])?.asText else {
        fatalError("the string cut to \(limit) bytes ends inside a character")
      }
      require(
        text.unicodeScalars.starts(with: kept.unicodeScalars),
        "the string cut to \(limit) bytes is read as another text")
    }
  }
}
