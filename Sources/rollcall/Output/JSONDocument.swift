import RollcallCore

/// Writes a JSON value over several lines, for people to read.
enum JSONDocument {
  /// Columns up to which an array or object stays on its line.
  private static let width = 100

  static func text(of value: JSONValue) -> String {
    var text = ""
    append(value, to: &text, indent: 0, used: 0)
    return text + "\n"
  }

  private static func append(_ value: JSONValue, to text: inout String, indent: Int, used: Int) {
    let plain = compact(value)
    switch value {
    case .null, .bool, .number, .string: text += plain
    case .array(let elements):
      guard indent + used + plain.count > width else {
        text += plain
        return
      }
      enclose("[", "]", elements, in: &text, indent) { element, text in
        append(element, to: &text, indent: indent + 2, used: 0)
      }
    case .object(let members):
      guard indent == 0 || indent + used + plain.count > width else {
        text += plain
        return
      }
      enclose("{", "}", members, in: &text, indent) { member, text in
        let key = compact(.string(member.key)) + ": "
        text += key
        append(member.value, to: &text, indent: indent + 2, used: key.count)
      }
    }
  }

  private static func enclose<Element>(
    _ open: String, _ close: String, _ elements: [Element], in text: inout String, _ indent: Int,
    _ write: (Element, inout String) -> Void
  ) {
    text += open
    for (index, element) in elements.enumerated() {
      text += (index == 0 ? "\n" : ",\n") + String(repeating: " ", count: indent + 2)
      write(element, &text)
    }
    text += "\n" + String(repeating: " ", count: indent) + close
  }

  private static func compact(_ value: JSONValue) -> String {
    switch value {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .number(let text): return text
    case .string(let text):
      var bytes: [UInt8] = []
      JSONText.append(text, to: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    case .array(let elements): return "[" + elements.map(compact).joined(separator: ", ") + "]"
    case .object(let members):
      return "{" + members.map { compact(.string($0.key)) + ": " + compact($0.value) }.joined(separator: ", ") + "}"
    }
  }
}
