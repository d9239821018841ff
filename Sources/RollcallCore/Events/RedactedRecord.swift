/// Rewrites a provider's record with tokens.
///
/// Undocumented keys are left out, because they may contain a redacted value in any form.
struct RedactedRecord {
  private let redaction: Redaction
  private let call: CallSID

  init(_ redaction: Redaction, of call: CallSID) {
    self.redaction = redaction
    self.call = call
  }

  /// Returns the redacted record.
  ///
  /// - Parameter record: a row of a page, valid JSON.
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

  /// Returns the value as written; nil if the key is left out.
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

  /// The key that marks a record as cut; it comes last.
  private static let mark = "truncated"

  private func redacted(_ text: String, of field: ParticipantField, _ record: JSONValue) -> String {
    switch field {
    case .callSID, .callSIDToCoach, .coachingCallSID: redaction.redacted(callSID: text) ?? text
    case .accountSID: redaction.redacted(account: text)
    case .label: redaction.redacted(label: text) ?? text
    case .uri: uri(text, record)
    case .coaching, .conferenceSID, .dateCreated, .dateUpdated, .endConferenceOnExit, .hold, .muted,
      .startConferenceOnEnter, .status:
      text
    }
  }

  /// Returns the path with its segments replaced. A path that does not end in the call, or that contains any
  /// other redacted value, becomes a single token.
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
    // If a value is missing from the record, its segment cannot be identified.
    let isCertain =
      last.utf8.elementsEqual(call.text.utf8) && path.utf8.allSatisfy(Self.isPlain)
      && replacements.allSatisfy { !$0.raw.isEmpty && path.contains(bytesOf: $0.token) }
      && !hidden.contains { !$0.isEmpty && lowered.contains(bytesOf: $0.lowercased()) }
    return isCertain ? path : redaction.token(text, .uri)
  }

  /// Returns the other redacted values, which are not segments of the path.
  private func otherHidden(_ record: JSONValue) -> [String] {
    var fields: [ParticipantField] = []
    if redaction.redacts(.callSID) { fields += [.callSIDToCoach, .coachingCallSID] }
    if redaction.redacts(.label) { fields.append(.label) }
    return fields.compactMap { record[$0.name]?.asText }
  }

  /// Splits a segment into its sid and its suffix.
  private static func parts(of segment: Substring) -> (name: String, suffix: String) {
    let ending = ".json"
    let suffix = segment.hasSuffix(ending) ? ending : ""
    let name = NextPageLink.withPlainColons(Array(segment.utf8.dropLast(suffix.utf8.count))[...])
    return (String(decoding: name, as: UTF8.self), suffix)
  }

  /// Returns whether a byte may occur in a path without a query or encoded characters.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"): false
    default: byte > 0x20 && byte < 0x7f
    }
  }
}
