/// What people call calls and conferences: names by sid, or by what a sid begins with.
package struct SIDNames: Hashable, Sendable {
  /// Bytes of text that are read.
  package static let maximumBytes = 1 << 20
  package static let maximumCount = 10_000
  /// Bytes of one name.
  package static let maximumName = 128

  package static let none = SIDNames()

  private var names: [String: String] = [:]
  /// The lengths that the sids have, the longest first.
  private var lengths: [Int] = []

  package init() {}

  package var count: Int { names.count }

  /// The name of a sid; of several prefixes the longest counts.
  package subscript(sid: String) -> String? {
    for length in lengths where length <= sid.utf8.count {
      if let name = names[String(sid.prefix(length))] { return name }
    }
    return nil
  }

  /// - Throws: ``Flaw`` where the sid or the name is none, or the sid has a name.
  mutating func add(_ name: String, of sid: String, line: Int?) throws(Flaw) {
    guard SIDSyntax.accepts(sid.utf8) else {
      throw Flaw(line, "begins with no sid", "give a sid, or what it begins with, of A-Z a-z 0-9 : _ . -")
    }
    guard !name.isEmpty else { throw Flaw(line, "has no name", "give a sid, a blank and a name") }
    guard name.utf8.count <= Self.maximumName else {
      throw Flaw(line, "has a name of \(name.utf8.count) bytes", "give at most \(Self.maximumName)")
    }
    guard names.updateValue(name, forKey: sid) == nil else {
      throw Flaw(line, "has a sid that is there already", "give each once")
    }
    guard names.count <= Self.maximumCount else {
      throw Flaw(line, "is one too many", "give at most \(Self.maximumCount) names")
    }
    guard !lengths.contains(sid.utf8.count) else { return }
    lengths.append(sid.utf8.count)
    lengths.sort(by: >)
  }

  /// Why a text holds no names.
  package struct Flaw: Error, Hashable, Sendable {
    /// From 1; nil where it is no matter of one line.
    package let line: Int?
    /// What is wrong there, to be read after what is named.
    package let problem: String
    package let right: String

    init(_ line: Int?, _ problem: String, _ right: String) {
      (self.line, self.problem, self.right) = (line, problem, right)
    }
  }
}

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

/// How somebody or something is called where people read it.
package enum ShownName {
  /// Unicode scalars of a message's names that are shown; a longer one ends in an ellipsis.
  static let maximumLength = 48
  /// Characters of a sid that are shown, from its end: enough to tell most calls of a conference apart.
  private static let sidLength = 4

  /// The name that somebody gave, else the provider's; nil where neither is one.
  package static func of(given: String?, label: String?) -> String? {
    given.flatMap(used) ?? label.flatMap { RedactedText.isOne($0) ? nil : used($0) }
  }

  /// A text that is not blank.
  package static func used(_ text: String) -> String? {
    text.unicodeScalars.contains { !$0.properties.isWhitespace } ? text : nil
  }

  /// The end of a sid, which is what tells the sids of a room apart.
  package static func short(_ sid: String, _ length: Int = sidLength) -> String {
    sid.count <= length + 1 ? sid : "…\(sid.suffix(length))"
  }

  /// A text with nothing hidden in it, cut to ``maximumLength``.
  static func cut(_ text: String) -> String {
    // What is hidden gets longer when it is shown, so more than this is never needed.
    let visible = VisibleText.of(String(text.unicodeScalars.prefix(maximumLength + 1)))
    guard visible.unicodeScalars.count > maximumLength else { return visible }
    return String(visible.unicodeScalars.prefix(maximumLength)) + "…"
  }
}
