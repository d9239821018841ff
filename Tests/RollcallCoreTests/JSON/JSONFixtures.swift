import RollcallCore
import RollcallTestKit

/// Writes a value as compact JSON, with its members in order.
func written(_ value: JSONValue) -> [UInt8] {
  var bytes: [UInt8] = []
  write(value, to: &bytes)
  return bytes
}

private func write(_ value: JSONValue, to bytes: inout [UInt8]) {
  switch value {
  case .null: bytes += Array("null".utf8)
  case .bool(let flag): JSONText.append(flag, to: &bytes)
  case .number(let text): bytes += Array(text.utf8)
  case .string(let text): JSONText.append(text, to: &bytes)
  case .array(let elements):
    bytes.append(UInt8(ascii: "["))
    for (k, element) in elements.enumerated() {
      if k > 0 { bytes.append(UInt8(ascii: ",")) }
      write(element, to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  case .object(let members):
    bytes.append(UInt8(ascii: "{"))
    for (k, member) in members.enumerated() {
      if k > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONText.append(member.key, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      write(member.value, to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }
}

/// A row of a page that a test edits: its members in raw JSON.
struct RawRow: Equatable {
  var sid: String
  var members: [String]

  var text: String { "{" + members.joined(separator: ",") + "}" }
}

/// Creates random pages of participants.
struct PageMaker {
  static let conference = "CF-0f3b5b9e-1f0e-4d3c-9a53-3d9a2c7d11aa"
  var random: SplitMix64
  private var made = 0

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
  }

  mutating func row() -> RawRow {
    made += 1
    let sid = "CA\(made)-\(String(random.next(), radix: 16))\(String(random.next(), radix: 16))"
    return row(sid)
  }

  mutating func row(_ sid: String) -> RawRow {
    var members = [
      #""account_sid":"AC1""#, #""call_sid":"\#(sid)""#, #""conference_sid":"\#(Self.conference)""#,
      #""muted":\#(Bool.random(using: &random))"#, #""hold" : \#(Bool.random(using: &random))"#,
      #""coaching":null"#, #""call_sid_to_coach":null"#, #""status":"connected""#,
      #""date_updated":"Mon, 23 Nov 2026 09:43:\#(Int.random(in: 10..<60, using: &random)) +0000""#,
    ]
    if random.happens(onceIn: 3) { members.append(#""label":"Zo\u00eb é""#) }
    if random.happens(onceIn: 4) { members.append(#""x":{"deep":[1,2.5e3,{"y":"\n"}]}"#) }
    if random.happens(onceIn: 5) { members.shuffle(using: &random) }
    return RawRow(sid: sid, members: members)
  }

  /// One of several formattings of the same rows.
  mutating func page(_ rows: [RawRow], style: Int) -> [UInt8] {
    let between = ["", " ", "\n\t", "\r\n  "][style % 4]
    let list = rows.map { between + $0.text + between }.joined(separator: ",")
    let head = #"{"uri":"/x","page":0,"next_page_uri":null,"participants":["#
    return Array((head + list + "]\(between)}" + between).utf8)
  }

  /// Edits rows as a conference would, and as an attacker would.
  mutating func edited(_ rows: [RawRow], repeating: Bool) -> [RawRow] {
    var rows = rows
    for _ in 0..<Int.random(in: 0..<5, using: &random) {
      let place = rows.isEmpty ? 0 : Int.random(in: 0..<rows.count, using: &random)
      switch Int.random(in: 0..<(repeating ? 8 : 7), using: &random) {
      case 0, 1: if !rows.isEmpty { rows[place] = row(rows[place].sid) }
      case 2: if !rows.isEmpty { rows.remove(at: place) }
      case 3: rows.insert(row(), at: place)
      case 4: if !rows.isEmpty { rows.swapAt(place, 0) }
      case 5: if random.happens(onceIn: 4) { rows.shuffle(using: &random) }
      case 6: if !rows.isEmpty { rows.append(rows.remove(at: place)) }
      default: if !rows.isEmpty { rows.append(rows[place]) }
      }
    }
    return rows
  }
}
