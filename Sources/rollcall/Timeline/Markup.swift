/// Writes markup that is well-formed HTML and XML alike. All text and every attribute goes through one escape.
struct Markup {
  private(set) var bytes: [UInt8] = []

  /// Appends markup of our own, as it is.
  mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
    begin(name, attributes)
    bytes.append(UInt8(ascii: ">"))
  }

  mutating func close(_ name: String) { raw("</\(name)>") }

  /// An element without contents, which HTML knows as such or which is one of SVG.
  mutating func empty(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
    begin(name, attributes)
    raw("/>")
  }

  /// An element that holds a text.
  mutating func element(_ name: String, _ text: String) { element(name, [:], text) }

  mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String>, _ text: String) {
    open(name, attributes)
    self.text(text)
    close(name)
  }

  /// A shape of SVG, and what is shown where a pointer rests on it.
  mutating func shape(_ name: String, _ attributes: KeyValuePairs<String, String>, title: String?) {
    guard let title else { return empty(name, attributes) }
    open(name, attributes)
    element("title", title)
    close(name)
  }

  mutating func text(_ text: String) {
    // Line ends are ours; whatever else is hidden in somebody's text becomes visible.
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if index > 0 { bytes.append(0x0A) }
      append(String(line))
    }
  }

  private mutating func begin(_ name: String, _ attributes: KeyValuePairs<String, String>) {
    raw("<\(name)")
    for (key, value) in attributes {
      raw(" \(key)=\"")
      append(value)
      bytes.append(UInt8(ascii: "\""))
    }
  }

  private mutating func append(_ text: String) {
    // Most texts are times and places.
    guard !text.utf8.allSatisfy(Self.isPlain) else { return raw(text) }
    for scalar in TerminalText.sanitised(text).unicodeScalars {
      switch scalar {
      case "<": raw("&lt;")
      case ">": raw("&gt;")
      case "&": raw("&amp;")
      case "\"": raw("&quot;")
      case "'": raw("&#39;")
      // XML has no such characters.
      case "\u{FFFE}", "\u{FFFF}": raw("\u{FFFD}")
      default: bytes += UTF8.encode(scalar).map(Array.init) ?? []
      }
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "<"), UInt8(ascii: ">"): false
    default: (0x20..<0x7F).contains(byte)
    }
  }
}
