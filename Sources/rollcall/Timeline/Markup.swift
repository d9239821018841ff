/// Writes markup that is both well-formed HTML and XML. All text and every attribute is escaped in one place.
struct Markup {
  private(set) var bytes: [UInt8] = []

  /// Appends our own markup unescaped.
  mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
    begin(name, attributes)
    bytes.append(UInt8(ascii: ">"))
  }

  mutating func close(_ name: String) { raw("</\(name)>") }

  /// Writes an empty element, which must be a void element of HTML or an element of SVG.
  mutating func empty(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
    begin(name, attributes)
    raw("/>")
  }

  /// Writes an element that contains a text.
  mutating func element(_ name: String, _ text: String) { element(name, [:], text) }

  mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String>, _ text: String) {
    open(name, attributes)
    self.text(text)
    close(name)
  }

  /// Writes an SVG shape with an optional tooltip.
  mutating func shape(_ name: String, _ attributes: KeyValuePairs<String, String>, title: String?) {
    guard let title else { return empty(name, attributes) }
    open(name, attributes)
    element("title", title)
    close(name)
  }

  mutating func text(_ text: String) {
    // Newlines are our own; all other hidden characters become visible.
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
    // Most texts are times and positions, which need no escapes.
    guard !text.utf8.allSatisfy(Self.isPlain) else { return raw(text) }
    for scalar in TerminalText.sanitised(text).unicodeScalars {
      switch scalar {
      case "<": raw("&lt;")
      case ">": raw("&gt;")
      case "&": raw("&amp;")
      case "\"": raw("&quot;")
      case "'": raw("&#39;")
      // XML does not allow these characters.
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
