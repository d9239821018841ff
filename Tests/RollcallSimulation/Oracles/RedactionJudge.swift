@testable import RollcallCore

/// Checks that redacted values stay out of events and stored data. It also resolves tokens for the other oracles, which
/// consumers cannot do.
final class RedactionJudge {
  /// The keys of events that contain each field.
  private static let fields: [String: Redaction.Field] = [
    "call_sid": .callSID, "call_sid_to_coach": .callSID, "label": .label, "account_sid": .accountSID,
    "friendly_name": .friendlyName,
  ]

  private let redaction: Redaction
  private unowned let judge: Judge
  /// The values of the tokens seen so far.
  private var values: [String: String] = [:]
  /// The values whose tokens have been computed, which is slow.
  private var learnt: [Redaction.Field: Set<String>] = [:]

  /// - Returns: nil if nothing is redacted.
  init?(_ judge: Judge) {
    guard let redaction = judge.plan.redaction else { return nil }
    (self.redaction, self.judge) = (redaction, judge)
  }

  private var rooms: some Sequence<TrueConference> { judge.conferences.values.lazy.map(\.room) }

  // MARK: Tokens

  /// Returns the members of an event with tokens replaced by their values.
  func revealed(_ members: [(key: String, value: JSONValue)]) -> [(key: String, value: JSONValue)] {
    members.map { ($0.key, revealed($0.value, under: $0.key)) }
  }

  /// - Parameter key: the field's key, also for both values of a change.
  private func revealed(_ value: JSONValue, under key: String) -> JSONValue {
    switch value {
    case .string(let text): return .string(revealed(text, under: key))
    case .object(let members):
      return .object(
        members.map { name, value in (name, revealed(value, under: name == "from" || name == "to" ? key : name)) })
    case .null, .bool, .number, .array: return value
    }
  }

  private func revealed(_ text: String, under key: String) -> String {
    guard let field = Self.fields[key], redaction.redacts(field), !text.isEmpty else { return text }
    guard RedactedText.isOne(text) else {
      judge.fail(.redaction, "\(key) is not redacted: \(text)")
      return text
    }
    if values[text] == nil { learn(field) }
    if values[text] == nil { judge.fail(.redaction, "\(key) has a token of no known value: \(text)") }
    return values[text] ?? text
  }

  /// Computes the tokens of values that are new.
  private func learn(_ field: Redaction.Field) {
    switch field {
    case .callSID:
      for call in rooms.flatMap(\.staysOf.keys) where isNew(call, field) { values[redaction.token(call, .call)] = call }
    case .label:
      for label in rooms.flatMap(\.stays).flatMap(\.versions).compactMap(\.told.label) where isNew(label, field) {
        values[redaction.token(label, .label)] = label
      }
    case .accountSID: values[redaction.token(RowWriter.account, .account)] = RowWriter.account
    case .friendlyName: for room in rooms { values[redaction.token(room.friendlyName, .name)] = room.friendlyName }
    case .from, .to, .direction: break
    }
  }

  private func isNew(_ value: String, _ field: Redaction.Field) -> Bool {
    learnt[field, default: []].insert(value).inserted
  }

  // MARK: Stored data

  /// Checks that no call's sid appears anywhere in a line.
  func check(_ line: [UInt8]) {
    guard redaction.redacts(.callSID) else { return }
    for room in rooms where line.range(ofRun: room.callPrefix.utf8) != nil {
      judge.fail(.redaction, "a line contains a call's sid: \(String(decoding: line, as: UTF8.self))")
    }
  }

  /// Checks that a room keeps only tokens of participants who left.
  func check(_ changes: RoomChanges, _ people: Set<String>) {
    if redaction.redacts(.callSID) {
      for stay in changes.endedStays where !RedactedText.isOne(stay.id.callSID.text) {
        judge.fail(.redaction, "an ended stay contains the unredacted \(stay.id.callSID)")
      }
    }
    for person in changes.people where !people.contains(person.callSID.text) {
      judge.fail(.redaction, "the saved room contains \(person.callSID), who has left")
    }
    for raised in changes.raisedAlerts {
      guard let call = raised.alert.call, !people.contains(call.text) else { continue }
      judge.fail(.redaction, "a saved alert contains \(call), who has left")
    }
    for doubt in changes.doubts where !people.contains(doubt.callSID.text) {
      judge.fail(.redaction, "a saved doubt contains \(doubt.callSID), who has left")
    }
  }
}
