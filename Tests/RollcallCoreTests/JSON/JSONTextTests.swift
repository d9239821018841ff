import RollcallCore
import RollcallTestKit
import Testing

struct `JSON as it is written` {
  @Test(arguments: [
    ("plain", #""plain""#), ("\"\\/", #""\"\\/""#), ("\u{8}\t\n\u{c}\r\0\u{1f}", #""\b\t\n\f\r\u0000\u001f""#),
    ("\u{7f}\u{80}\u{9f}\u{a0}", "\"\\u007f\\u0080\\u009f\u{a0}\""),
    ("\u{2027}\u{2028}\u{2029}\u{202a}", "\"\u{2027}\\u2028\\u2029\u{202a}\""), ("é\u{1d11e}", "\"é\u{1d11e}\""),
  ])
  func `a text becomes a literal without anything unsafe to print`(text: String, expected: String) throws {
    var bytes: [UInt8] = []
    JSONText.append(text, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
    #expect(try JSONReader.read(bytes) == .string(text))
  }

  @Test(arguments: [
    (" { \"a b\" : [ 1 ,\t2 ] }\r\n", #"{"a b":[1,2]}"#), (#""a\"  b""#, #""a\"  b""#), (#""\\" "#, #""\\""#),
    ("\"\u{7f}\u{85}\u{2028}\u{a9}\"", "\"\\u007f\\u0085\\u2028\u{a9}\""), (#""\uD83D\uDE00""#, "\"\u{1f600}\""),
    (#""\uD83Dx\uDE00\ud83d\ud83d\ude00""#, "\"\u{fffd}x\u{fffd}\u{fffd}\u{1f600}\""),
    (#""\ud800\n\\ud800""#, "\"\u{fffd}\\n\\\\ud800\""), (#""\u00E9\/\u0026\u0041""#, #""é/&A""#),
    (#""\u0022\u005C\u000a\u0008\u001F""#, #""\"\\\n\b\u001f""#), (#""\u007F\u0085\u2028""#, #""\u007f\u0085\u2028""#),
    (#"{"\u0061\/":"\u00a0","n":1.0e+0}"#, "{\"a/\":\"\u{a0}\",\"n\":1.0e+0}"),
  ])
  func `a record has its strings in their shortest form and is safe to print`(record: String, expected: String) {
    var bytes: [UInt8] = []
    JSONText.appendCompacted(Array(record.utf8)[...], to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `a compacted record has the same meaning on one safe line`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let record = Self.value(&random, depth: 4)
    var bytes: [UInt8] = []
    JSONText.appendCompacted(record[...], to: &bytes)
    let value = try JSONReader.read(record)
    #expect(try JSONReader.read(bytes) == value)
    #expect(bytes == Self.written(value))
    #expect(!String(decoding: bytes, as: UTF8.self).unicodeScalars.contains(where: Self.isForbidden))
    var again: [UInt8] = []
    JSONText.appendCompacted(bytes[...], to: &again)
    #expect(again == bytes)
  }

  /// Writes a value in a random one of its equivalent forms.
  private static func written(_ value: JSONValue) -> [UInt8] {
    func text(_ text: String) -> [UInt8] {
      var bytes: [UInt8] = []
      JSONText.append(text, to: &bytes)
      return bytes
    }
    switch value {
    case .null: return Array("null".utf8)
    case .bool(let flag): return Array("\(flag)".utf8)
    case .number(let digits): return Array(digits.utf8)
    case .string(let string): return text(string)
    case .array(let elements):
      return [0x5b] + elements.map(written).joined(separator: [0x2c]) + [0x5d]
    case .object(let members):
      return [0x7b] + members.map { text($0.key) + [0x3a] + written($0.value) }.joined(separator: [0x2c]) + [0x7d]
    }
  }

  static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
  }

  static let pieces: [String] = [
    "a", " ", "é", "\u{7f}", "\u{85}", "\u{2028}", "\u{2029}", "\u{200b}", "\u{1d11e}", #"\""#, #"\\"#, #"\n"#,
    #"\u0000"#,
    #"\ud83d"#, #"\uDE00"#, #"\ud83d\ude00"#, #"\u2028"#, "u", "/", "\u{a0}", "\u{2030}", "€",
  ]

  static func contents(_ random: inout SplitMix64) -> String {
    (0..<Int.random(in: 0..<12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }

  static func value(_ random: inout SplitMix64, depth: Int) -> [UInt8] {
    let space = ["", " ", "\n", "\t\r "].randomElement(using: &random) ?? ""
    let text: String
    switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &random) {
    case 0: text = "\"" + contents(&random) + "\""
    case 1: text = "-1.5e+3"
    case 2: text = "null"
    case 3: text = "\"" + contents(&random) + "\""
    case 4:
      let elements = (0..<3).map { _ in String(decoding: value(&random, depth: depth - 1), as: UTF8.self) }
      text = "[" + elements.joined(separator: ",") + "]"
    default:
      let members = (0..<3).map { _ in
        "\"" + contents(&random) + "\"" + space + ":"
          + String(decoding: value(&random, depth: depth - 1), as: UTF8.self)
      }
      text = "{" + members.joined(separator: ",") + space + "}"
    }
    return Array((space + text + space).utf8)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `a cut never divides a character`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var literal: [UInt8] = []
    JSONText.appendCompacted(Array("\"\(Self.contents(&random))\"".utf8)[...], to: &literal)
    let written = literal.dropFirst().dropLast()
    let whole = Array(JSONText.string(written, escaped: true).unicodeScalars)
    var longest = 0
    for limit in 0...(written.count + 1) {
      let cut = JSONText.cut(written, to: limit)
      #expect(cut.count <= limit && cut.count >= min(limit, written.count) - 11)
      #expect(cut.count >= longest)
      longest = cut.count
      let literal: [UInt8] = [0x22] + cut + [0x22]
      let text = try #require(try JSONReader.read(literal).asText)
      #expect(Array(text.unicodeScalars) == Array(whole.prefix(text.unicodeScalars.count)))
    }
    #expect(longest == written.count)
  }

  @Test func `an error names line, column and reason`() {
    let expected = JSONError(offset: 7, reason: "expected a value", in: Array("{\n\"a\": x}".utf8)[...])
    #expect(throws: expected) { try JSONReader.read(Array("{\n\"a\": x}".utf8)) }
    #expect(expected.description == "line 2, column 6: expected a value")
  }

  @Test func `the last of repeated keys counts, compared by bytes`() throws {
    let value = try JSONReader.read(Array("{\"a\":1,\"\u{e9}\":2,\"a\":3,\"e\u{301}\":4}".utf8))
    #expect(value["a"]?.asInteger == 3)
    #expect(value["\u{e9}"]?.asInteger == 2)
    #expect(value["b"] == nil)
  }
}
