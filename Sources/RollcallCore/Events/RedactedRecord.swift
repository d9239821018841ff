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
    let record = (try? JSONReader.read(record)) ?? .null
    var bytes: [UInt8] = [0x7b]
    for (key, value) in record.asObject ?? [] {
      guard let written = written(key, value, record) else { continue }
      if bytes.count > 1 { bytes.append(0x2c) }
      JSONText.append(key, to: &bytes)
      bytes.append(0x3a)
      bytes.append(contentsOf: written)
    }
    bytes.append(0x7d)
    return bytes
  }

  /// The value as it is written; nil where the key is left out.
  private func written(_ key: String, _ value: JSONValue, _ record: JSONValue) -> [UInt8]? {
    let field = ParticipantField.allCases.first { $0.name == key }
    guard field != nil || key == Self.mark else { return nil }
    var bytes: [UInt8] = []
    if let field, let text = value.asText {
      JSONText.append(redacted(text, of: field, record), to: &bytes)
    } else if let flag = value.asBool {
      JSONText.append(flag, to: &bytes)
    } else {
      JSONText.append(String?.none, to: &bytes)
    }
    return bytes
  }

  /// The key that a cut record has at its end.
  private static let mark = "truncated"

  private func redacted(_ text: String, of field: ParticipantField, _ record: JSONValue) -> String {
    switch field {
    case .callSID, .callSIDToCoach, .coachingCallSID: redaction.redacted(coached: text) ?? text
    case .accountSID: redaction.redacted(account: text)
    case .label: redaction.redacted(label: text) ?? text
    case .uri: uri(text, record)
    case .coaching, .conferenceSID, .dateCreated, .dateUpdated, .endConferenceOnExit, .hold, .muted,
      .startConferenceOnEnter, .status:
      text
    }
  }

  /// The path with its segments replaced. One that does not end in the call, or that shows anything of what is redacted
  /// elsewhere, is a token as a whole.
  private func uri(_ text: String, _ record: JSONValue) -> String {
    let account = record[ParticipantField.accountSID.name]?.asText ?? ""
    var replacements: [(raw: String, token: String)] = []
    if redaction.redacts(.callSID) { replacements.append((call.text, redaction.redacted(call).text)) }
    if redaction.redacts(.accountSID) { replacements.append((account, redaction.redacted(account: account))) }
    let hidden = replacements.map(\.raw) + otherHidden(record)
    guard !hidden.isEmpty else { return text }
    var last = ""
    let segments = text.split(separator: "/", omittingEmptySubsequences: false).map { segment in
      let (name, suffix) = Self.parts(of: segment)
      last = name
      guard let value = replacements.first(where: { $0.raw.utf8.elementsEqual(name.utf8) }) else {
        return String(segment)
      }
      return value.token + suffix
    }
    let path = segments.joined(separator: "/")
    let lowered = path.lowercased()
    // Where a value is not named, nobody knows which segment it is.
    let isCertain =
      last.utf8.elementsEqual(call.text.utf8) && path.utf8.allSatisfy(Self.isPlain)
      && replacements.allSatisfy { !$0.raw.isEmpty && path.contains(bytesOf: $0.token) }
      && !hidden.contains { !$0.isEmpty && lowered.contains(bytesOf: $0.lowercased()) }
    return isCertain ? path : redaction.token(text, .uri)
  }

  /// What else is redacted, and would be no segment.
  private func otherHidden(_ record: JSONValue) -> [String] {
    var fields: [ParticipantField] = []
    if redaction.redacts(.callSID) { fields += [.callSIDToCoach, .coachingCallSID] }
    if redaction.redacts(.label) { fields.append(.label) }
    return fields.compactMap { record[$0.name]?.asText }
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
