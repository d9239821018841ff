/// Reads markup as strictly as XML does, and says what is wrong with it.
struct WellFormedness {
  /// The number of elements by name.
  private(set) var elements: [String: Int] = [:]
  private(set) var attributes: [(name: String, value: String)] = []
  /// The texts between tags.
  private(set) var texts: [String] = []
  /// The first fault; nil if there is none.
  private(set) var fault: String?
  private var rest: Substring
  private var open: [String] = []

  init(_ text: String) {
    rest = Substring(text)
    if rest.hasPrefix("<!DOCTYPE html>") { rest = rest.dropFirst("<!DOCTYPE html>".count) }
    while fault == nil, !rest.isEmpty {
      if rest.first == "<" { readTag() } else { readText() }
    }
    if fault == nil, !open.isEmpty { fault = "unclosed elements: \(open)" }
  }

  private mutating func readText() {
    let text = rest.prefix { $0 != "<" }
    rest = rest.dropFirst(text.count)
    texts.append(plain(text))
    if open.isEmpty, text.contains(where: { !$0.isWhitespace }) {
      fault = "text outside of elements: \(text.prefix(60))"
    }
  }

  private mutating func readTag() {
    guard let end = rest.firstIndex(of: ">") else {
      fault = "an unterminated tag: \(rest.prefix(60))"
      return
    }
    var tag = rest[rest.index(after: rest.startIndex)..<end]
    rest = rest[rest.index(after: end)...]
    if tag.first == "/" {
      let name = String(tag.dropFirst())
      if open.popLast() != name { fault = "</\(name)> closes another element" }
      return
    }
    let isEmpty = tag.last == "/"
    if isEmpty { tag = tag.dropLast() }
    let name = tag.prefix { $0.isLetter || $0.isNumber }
    guard !name.isEmpty else {
      fault = "a tag without a name: \(tag.prefix(60))"
      return
    }
    elements[String(name), default: 0] += 1
    readAttributes(tag.dropFirst(name.count))
    if !isEmpty { open.append(String(name)) }
  }

  private mutating func readAttributes(_ text: Substring) {
    var text = text
    var names: Set<Substring> = []
    while fault == nil, !text.isEmpty {
      guard text.first == " " else {
        fault = "no white space before an attribute: \(text.prefix(60))"
        return
      }
      text = text.dropFirst()
      let name = text.prefix { $0 != "=" }
      text = text.dropFirst(name.count)
      guard !name.isEmpty, text.hasPrefix("=\""), names.insert(name).inserted else {
        fault = "an invalid or repeated attribute: \(name)"
        return
      }
      let value = text.dropFirst(2).prefix { $0 != "\"" }
      text = text.dropFirst(2 + value.count)
      guard text.first == "\"" else {
        fault = "an unterminated value of \(name)"
        return
      }
      text = text.dropFirst()
      attributes.append((String(name), plain(value)))
    }
  }

  /// Returns the text with its references replaced.
  private mutating func plain(_ text: Substring) -> String {
    var result = ""
    var rest = text
    while let character = rest.first {
      guard character == "&" else {
        result.append(character)
        if character.unicodeScalars.contains(where: { !Self.isAllowed($0) }) {
          fault = "a character that XML does not allow"
        }
        rest = rest.dropFirst()
        continue
      }
      let known = ["&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": "\"", "&#39;": "'"]
      guard let reference = known.first(where: { rest.hasPrefix($0.key) }) else {
        fault = "an invalid reference: \(rest.prefix(20))"
        return result
      }
      result += reference.value
      rest = rest.dropFirst(reference.key.count)
    }
    return result
  }

  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x20...0xFFFD, 0x10000...: true
    default: false
    }
  }
}
