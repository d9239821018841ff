/// Writes a provider's record anew, with tokens.
///
/// Nothing is known of keys that are not documented, which may hold a redacted value in any form: they are left out.
struct RedactedRecord {
  private let redaction: Redaction
  private let call: CallSID

  init(_ redaction: Redaction, of call: CallSID) {
    self.redaction = redaction
    self.call = call
  }

  /// - Parameter record: as a row of a page has it, valid JSON.
  func bytes(of record: [UInt8]) -> [UInt8] {
    let members = (try? JSONReader.read(record))?.asObject ?? []
    let account = members.last { $0.key == ParticipantField.accountSID.name }?.value.asText
    var bytes: [UInt8] = [0x7b]
    for (key, value) in members {
      guard let written = written(key, value, account) else { continue }
      if bytes.count > 1 { bytes.append(0x2c) }
      JSONText.append(key, to: &bytes)
      bytes.append(0x3a)
      bytes.append(contentsOf: written)
    }
    bytes.append(0x7d)
    return bytes
  }

  /// The value as it is written; nil where the key is left out.
  private func written(_ key: String, _ value: JSONValue, _ account: String?) -> [UInt8]? {
    let field = ParticipantField.allCases.first { $0.name == key }
    guard field != nil || key == Self.mark else { return nil }
    var bytes: [UInt8] = []
    if let field, let text = value.asText {
      JSONText.append(shown(text, of: field, account), to: &bytes)
    } else if let flag = value.asBool {
      JSONText.append(flag, to: &bytes)
    } else {
      JSONText.append(String?.none, to: &bytes)
    }
    return bytes
  }

  /// The key that a cut record has at its end.
  private static let mark = "truncated"

  private func shown(_ text: String, of field: ParticipantField, _ account: String?) -> String {
    switch field {
    case .callSID, .callSIDToCoach, .coachingCallSID: redaction.shown(coached: text) ?? text
    case .accountSID: redaction.shown(account: text)
    case .label: redaction.shown(label: text) ?? text
    case .uri: uri(text, account)
    case .coaching, .conferenceSID, .dateCreated, .dateUpdated, .endConferenceOnExit, .hold, .muted,
      .startConferenceOnEnter, .status:
      text
    }
  }

  /// The path with its segments replaced; one that names nobody where a path would is a token as a whole.
  private func uri(_ text: String, _ account: String?) -> String {
    var values: [(raw: String, shown: String)] = []
    if redaction.redacts(.callSID) { values.append((call.text, redaction.shown(call).text)) }
    if redaction.redacts(.accountSID) {
      // Where the account is not named, nobody knows which segment it is.
      guard let account, !account.isEmpty else { return redaction.token(text, .uri) }
      values.append((account, redaction.shown(account: account)))
    }
    guard !values.isEmpty else { return text }
    var missing = Set(values.map(\.raw))
    let segments = text.split(separator: "/", omittingEmptySubsequences: false).map { segment in
      let (name, suffix) = Self.parts(of: segment)
      guard let value = values.first(where: { $0.raw.utf8.elementsEqual(name.utf8) }) else { return String(segment) }
      missing.remove(value.raw)
      return value.shown + suffix
    }
    let path = segments.joined(separator: "/")
    let isCertain =
      missing.isEmpty && path.utf8.allSatisfy(Self.isPlain)
      && !values.contains { path.contains(bytesOf: $0.raw) }
    return isCertain ? path : redaction.token(text, .uri)
  }

  /// A segment's sid, and the ending behind it.
  private static func parts(of segment: Substring) -> (name: String, suffix: String) {
    let ending = ".json"
    let suffix = segment.hasSuffix(ending) ? ending : ""
    let name = NextPageLink.withPlainColons(Array(segment.utf8.dropLast(suffix.utf8.count))[...])
    return (String(decoding: name, as: UTF8.self), suffix)
  }

  /// What a path has that hides nothing: no query, no encoded characters.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"): false
    default: byte > 0x20 && byte < 0x7f
    }
  }
}
