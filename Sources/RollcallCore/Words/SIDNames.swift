/// The names that the user gives to calls and conferences: by sid, by the beginning of a sid, or by address.
package struct SIDNames: Hashable, Sendable {
  /// The maximum size of the text, in bytes.
  package static let maximumBytes = 1 << 20
  package static let maximumCount = 10_000
  /// The maximum length of a name, in bytes.
  package static let maximumName = 128
  /// The minimum length of the beginning of a sid: a shorter one would also match strangers.
  package static let minimumPrefix = 4

  package static let none = SIDNames()

  /// The names by sid or prefix of a sid.
  private var names: [String: String] = [:]
  /// The lengths of those keys, longest first.
  private var lengths: [Int] = []
  /// The names by address, in the form of ``CallAddress/canonical(_:)``.
  private var addresses: [String: String] = [:]

  package init() {}

  package var count: Int { names.count + addresses.count }

  /// Whether any name is for an address. Events have addresses only if calls are looked up.
  package var hasAddresses: Bool { !addresses.isEmpty }

  /// The name of a sid, by the longest key that it begins with.
  package subscript(sid: String) -> String? {
    for length in lengths where length <= sid.utf8.count {
      if let name = names[String(sid.prefix(length))] { return name }
    }
    return nil
  }

  /// Returns the name of a call: by its sid, or else by its address.
  package func name(ofCall sid: String, at address: String?) -> String? {
    self[sid] ?? address.flatMap { addresses.isEmpty ? nil : addresses[CallAddress.canonical($0)] }
  }

  /// - Throws: ``Flaw`` if the key or the name is invalid, or the key already has a name.
  mutating func add(_ name: String, of key: String, line: Int?) throws(Flaw) {
    let isAddress = CallAddress.isMeant(by: key)
    try Self.checkOrder(name, key, line)
    if isAddress { try Self.check(address: key, line) } else { try Self.check(sid: key, line) }
    guard !name.isEmpty else { throw Flaw(line, "has no name", "give a key, a space and a name") }
    guard name.utf8.count <= Self.maximumName else {
      throw Flaw(line, "has a name of \(name.utf8.count) bytes", "give at most \(Self.maximumName)")
    }
    let old =
      isAddress
      ? addresses.updateValue(name, forKey: CallAddress.canonical(key)) : names.updateValue(name, forKey: key)
    guard old == nil else { throw Flaw(line, "repeats a key", "give each sid and address once") }
    guard count <= Self.maximumCount else {
      throw Flaw(line, "is one too many", "give at most \(Self.maximumCount) names")
    }
    guard !isAddress, !lengths.contains(key.utf8.count) else { return }
    lengths.append(key.utf8.count)
    lengths.sort(by: >)
  }

  /// Rejects a name before an address: the name would pass for the beginning of a sid. Few beginnings have no digit.
  private static func checkOrder(_ name: String, _ key: String, _ line: Int?) throws(Flaw) {
    guard !CallAddress.isMeant(by: key), !key.utf8.contains(where: \.isASCIIDigit) else { return }
    let words = name.split(whereSeparator: \.isWhitespace)
    guard let first = words.lastIndex(where: { CallAddress.isMeant(by: String($0)) }) else { return }
    let address = words[first...].joined(separator: " ")
    guard CallAddress.number(address) != nil || CallAddress.isValidURI(address) else { return }
    let right = line == nil ? jsonForm : "give the address first, such as +12025550101 Anna"
    throw Flaw(line, "has the address after the name", right)
  }

  private static func check(address: String, _ line: Int?) throws(Flaw) {
    if address.utf8.first == UInt8(ascii: "+") {
      guard CallAddress.number(address) == nil else { return }
      let digits = CallAddress.digits
      throw Flaw(
        line, "begins with an invalid telephone number",
        "give + and \(digits.lowerBound) to \(digits.upperBound) digits, a space and the name, such as +12025550101 Anna"
      )
    }
    guard !CallAddress.isValidURI(address) else { return }
    throw Flaw(
      line, "begins with an invalid address",
      "give an address of at most \(CallAddress.maximumBytes) bytes, such as sip:anna@example.com or client:anna")
  }

  private static func check(sid: String, _ line: Int?) throws(Flaw) {
    guard SIDSyntax.accepts(sid.utf8) else {
      throw Flaw(
        line, "begins with neither a sid nor an address",
        "give a sid, its beginning, or an address such as +12025550101, sip:anna@example.com or client:anna")
    }
    guard !CallAddress.isNumberWithoutPlus(sid) else {
      throw Flaw(
        line, "begins with a telephone number without its +", "give + and the country code, such as +12025550101")
    }
    guard sid.utf8.count >= minimumPrefix else {
      let count = sid.utf8.count == 1 ? "1 character" : "\(sid.utf8.count) characters"
      throw Flaw(line, "begins with only \(count) of a sid", "give at least \(minimumPrefix)")
    }
  }

  /// Why a text is not a list of names.
  package struct Flaw: Error, Hashable, Sendable {
    /// The line, from 1; nil if the text has no lines of its own.
    package let line: Int?
    /// What is wrong: the rest of a sentence that begins with the line.
    package let problem: String
    package let right: String

    init(_ line: Int?, _ problem: String, _ right: String) {
      (self.line, self.problem, self.right) = (line, problem, right)
    }
  }
}

extension SIDNames {
  /// Reads names: one per line, as a key, spaces or tabs, and the name; or one JSON object.
  ///
  /// Blank lines, lines that begin with `#`, and a byte order mark are ignored. Any system's line ends are accepted.
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
        throw Flaw(index + 1, "is not UTF-8", "save the file as UTF-8")
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
      throw Flaw(nil, "is not JSON at \(error.description)", Self.jsonForm)
    }
    for member in value.asObject ?? [] {
      guard let name = member.value.asText else {
        throw Flaw(nil, "has a name that is not a string", Self.jsonForm)
      }
      // The JSON reader does not keep line numbers.
      do throws(Flaw) {
        try add(name, of: member.key, line: nil)
      } catch {
        throw Flaw(nil, "has a member \"\(ShownName.cut(member.key))\" that \(error.problem)", error.right)
      }
    }
  }

  private static let jsonForm = #"give {"KEY": "name"}, or one KEY and name a line"#

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

  /// Returns the bytes without leading and trailing blanks and the end of the line.
  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let first = bytes.firstIndex(where: { !isBlank($0) && !isLineEnd($0) }),
      let last = bytes.lastIndex(where: { !isBlank($0) && !isLineEnd($0) })
    else { return [] }
    return bytes[first...last]
  }
}

/// The name of a participant or a conference in text for people.
package enum ShownName {
  /// The maximum length of a name in a message, in Unicode scalars; a longer one ends in an ellipsis.
  static let maximumLength = 48
  /// The number of characters shown from the end of a sid: enough to tell most calls of a conference apart.
  private static let sidLength = 4

  /// Returns the name that the user gave, or else the provider's label, or else the address; nil if there is none.
  package static func of(given: String?, label: String?, address: String? = nil) -> String? {
    given.flatMap(used) ?? label.flatMap { RedactedText.isOne($0) ? nil : used($0) } ?? address.flatMap(used)
  }

  /// Returns a text unless it is blank.
  package static func used(_ text: String) -> String? {
    text.unicodeScalars.contains { !$0.properties.isWhitespace } ? text : nil
  }

  /// Returns the end of a sid, by which the sids of a room can be told apart.
  package static func short(_ sid: String, _ length: Int = sidLength) -> String {
    sid.count <= length + 1 ? sid : "…\(sid.suffix(length))"
  }

  /// Returns a text without hidden characters, cut to ``maximumLength``.
  static func cut(_ text: String) -> String {
    // A hidden character becomes longer when it is made visible, so no more than this is ever needed.
    let visible = VisibleText.of(String(text.unicodeScalars.prefix(maximumLength + 1)))
    guard visible.unicodeScalars.count > maximumLength else { return visible }
    return String(visible.unicodeScalars.prefix(maximumLength)) + "…"
  }
}
