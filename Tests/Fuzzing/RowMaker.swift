/// Makes each row of a list from a few bytes: most rows are valid, and changing one byte gives any kind of odd row.
struct RowMaker {
  static let conference = "CF-1"

  /// Returns the JSON object of a participant.
  static func row(_ input: inout FuzzInput) -> [UInt8] {
    let person = input.byte()
    let flags = input.byte()
    let forms = input.byte()
    var members: [String] = []
    let sid = person < 240 ? "\"call-\(person & 31)\"" : text(&input)
    members.append("\"call_sid\":\(person & 32 == 0 ? sid : sid.replacing("c", with: "\\u0063"))")
    members.append("\"muted\":\(flags & 1 == 0)")
    if flags & 2 == 0 { members.append("\"hold\":\(flags & 4 == 0)") }
    members.append("\"coaching\":\(flags & 8 == 0 ? "null" : "true")")
    if flags & 16 != 0 { members.append("\"call_sid_to_coach\":\(text(&input))") }
    if flags & 32 != 0 { members.append("\"label\":\(text(&input))") }
    if flags & 64 != 0 { members.append("\"status\":\(statuses[input.number(below: statuses.count)])") }
    if flags & 128 != 0 { members.append("\"x-\(input.byte())\":\(text(&input))") }
    if forms & 1 == 0 { members.append("\"conference_sid\":\"\(conference)\"") }
    if forms & 2 != 0 { members.append("\"uri\":\(text(&input)),\"account_sid\":\(text(&input))") }
    members.append("\"date_created\":\"Mon, 23 Nov 2026 18:00:0\(input.byte() % 10) +0000\"")
    members.append("\"date_updated\":\"Mon, 23 Nov 2026 18:\(10 + input.byte() % 50):00 +0000\"")
    if forms & 4 != 0 { members.append(odd[input.number(below: odd.count)]) }
    if forms & 8 != 0 { members.swapAt(0, members.count - 1) }
    if forms & 16 != 0 { members.append("\"start_conference_on_enter\":true,\"end_conference_on_exit\":false") }
    let separator = forms & 32 == 0 ? "," : " ,\n\t"
    return Array(("{" + members.joined(separator: separator) + (forms & 64 == 0 ? "}" : " }")).utf8)
  }

  /// Returns a literal of repeated pieces: short, long, or longer than any limit.
  static func text(_ input: inout FuzzInput) -> String {
    var text = "\""
    for _ in 0..<(1 + input.number(below: 3)) {
      let piece = pieces[input.number(below: pieces.count)]
      text += String(repeating: piece, count: repeats[input.number(below: repeats.count)])
    }
    return text + "\""
  }

  private static let repeats = [1, 0, 2, 5, 21, 42, 64, 127, 128, 129, 260]
  private static let pieces = [
    "a", "call-1", "é", "\\u0416", "Ж", "你", "😀", "\\ud83d\\ude00", "\\ud800", "\\udc00\\ud83d", "\\u0000", "\\\"",
    "\\\\",
    "\\/", "\\n", "\u{7F}", "\u{85}", "\u{2028}", "\u{2029}", "e\u{301}", "\\u001b[31m", "\u{202E}", "<!channel>",
    "\\u0041",
  ]
  private static let statuses = [
    "\"in-progress\"", "\"completed\"", "\"ringing\"", "null", "7", "[\"x\"]", "\"\"", "\"comple\\u0074ed\"",
    "\"weird\"",
  ]
  private static let odd = [
    "\"muted\":true", "\"hold\":1", "\"label\":null", "\"label\":{\"a\":[1,2,{}]}", "\"conference_sid\":\"other\"",
    "\"conference_sid\":\"CF\\u002d1\"", "\"d\\u0061te_updated\":3", "\"uri\":\"\\u12\"", "\"y\":-0.5e+7", "\"z\":01",
    "\"\\u006cabel\":\"b\"", "\"status\":null", "\"call_sid\":\"call-1\"", "\"x\":\(String(repeating: "[", count: 62))",
    "\"x\":\(String(repeating: "[", count: 61))\(String(repeating: "]", count: 61))",
  ]
}

extension String {
  /// Replaces every occurrence of a character. The standard library's function would pull in its regular expressions.
  fileprivate func replacing(_ piece: Character, with other: String) -> String {
    split(separator: piece, omittingEmptySubsequences: false).joined(separator: other)
  }
}
