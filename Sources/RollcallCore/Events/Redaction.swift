/// Which values stay out of events, and the key of the tokens that stand there instead.
///
/// Equal values of a kind have equal tokens under the same key, so that a consumer can still tell who coaches whom. Without
/// the key nobody can try out which value a token stands for.
package struct Redaction: Sendable {
  /// What can be redacted, by the names that events have for it.
  package enum Field: String, CaseIterable, Sendable {
    case callSID = "call_sid"
    case label
    case accountSID = "account_sid"
    case friendlyName = "friendly_name"
    case from
    case to
    case direction
  }

  /// Values of one kind share their tokens: a number has the same one as caller and as called.
  enum Kind: String {
    case call = "call_sid"
    case label
    case account = "account_sid"
    case name = "friendly_name"
    case number
    case direction
    case uri
  }

  /// Bytes of a key, at the least.
  package static let minimumKeyBytes = 16

  /// Never empty.
  package let fields: Set<Field>
  private let code: HMACSHA256

  /// - Parameter key: at least ``minimumKeyBytes`` that others do not know.
  package init(_ fields: Set<Field>, key: [UInt8]) {
    self.fields = fields
    code = HMACSHA256(key: key)
  }

  /// Fields and key in a form that gives neither away: another one makes other tokens.
  package var fingerprint: String {
    let names = fields.map(\.rawValue).sorted().joined(separator: ",")
    return "\(names) \(Hex.encode(digest("redaction", names).prefix(8)))"
  }

  /// The fields that a fingerprint tells of.
  package static func fields(ofFingerprint text: String) -> Set<Field> {
    let names = text.split(separator: " ").first?.split(separator: ",") ?? []
    return Set(names.compactMap { Field(rawValue: String($0)) })
  }

  func redacts(_ field: Field) -> Bool { fields.contains(field) }

  /// The token of a text. One that is longer than events hold it has the token of what they hold.
  func token(_ text: String, _ kind: Kind) -> String {
    // An empty text says no more than none.
    guard !text.isEmpty else { return text }
    let kept = JSONText.shortened(text, to: kind == .name ? EventWriter.maximumFriendlyName : EventWriter.maximumText)
    let bytes = digest(kind.rawValue, kept).prefix(RedactedText.digits / 2)
    return RedactedText.prefix + Hex.encode(bytes)
  }

  private func digest(_ kind: String, _ text: String) -> [UInt8] {
    var code = code
    code.update(kind.utf8)
    code.update(CollectionOfOne(0))
    code.update(text.utf8)
    return code.finish()
  }
}

extension Redaction {
  /// How somebody's call is called in events.
  package func redacted(_ call: CallSID) -> CallSID {
    redacts(.callSID) ? CallSID(valid: token(call.text, .call)) : call
  }

  /// How a conference is called in events.
  func redacted(friendlyName: String?) -> String? {
    redacts(.friendlyName) ? friendlyName.map { token($0, .name) } : friendlyName
  }

  /// How a project is called in events.
  func redacted(account: String) -> String {
    redacts(.accountSID) ? token(account, .account) : account
  }

  /// What events show of somebody's state.
  func redacted(_ state: ParticipantState) -> ParticipantState {
    ParticipantState(
      isMuted: state.isMuted, isOnHold: state.isOnHold, isCoaching: state.isCoaching,
      callSIDToCoach: redacted(coached: state.callSIDToCoach), status: state.status,
      startsConferenceOnEnter: state.startsConferenceOnEnter, endsConferenceOnExit: state.endsConferenceOnExit,
      label: redacted(label: state.label))
  }

  /// What events show of somebody's call.
  package func redacted(_ details: CallDetails) -> CallDetails {
    func number(_ text: String?, _ field: Field) -> String? { redacts(field) ? text.map { token($0, .number) } : text }
    return CallDetails(
      from: number(details.from, .from), to: number(details.to, .to),
      direction: redacts(.direction) ? details.direction.map { token($0, .direction) } : details.direction)
  }

  func redacted(coached: String?) -> String? { redacts(.callSID) ? coached.map { token($0, .call) } : coached }

  func redacted(label: String?) -> String? { redacts(.label) ? label.map { token($0, .label) } : label }
}

extension Redaction: Equatable {
  package static func == (left: Redaction, right: Redaction) -> Bool { left.fingerprint == right.fingerprint }
}

/// What is written down, with tokens in the places of what is redacted: events before their bytes are frozen, and what a
/// store keeps of those who have left. The rooms themselves, which the next scan is compared with, have the values.
extension Redaction {
  func applied(to changes: RoomChanges) -> RoomChanges {
    var kept = changes
    // Before its end, discovery needs the name as it is.
    if changes.head.isOver { kept.head.friendlyName = self.redacted(friendlyName: changes.head.friendlyName) }
    // They have left: this process alone knows their rows.
    kept.doubts.removeAll { $0.kind == .returning || $0.kind == .awaited }
    return kept
  }

  func applied(to draft: Event) -> Event {
    var redacted = draft
    redacted.friendlyName = self.redacted(friendlyName: draft.friendlyName)
    redacted.endedBy = draft.endedBy.flatMap(applied)
    if case .interrupted(let reason, let error) = draft.watch {
      redacted.watch = .interrupted(reason: reason, error: ErrorRedaction.withoutIdentifiers(error))
    }
    guard let call = draft.call else { return redacted }
    redacted.call = self.redacted(call)
    redacted.callSIDToCoach = self.redacted(coached: draft.callSIDToCoach)
    redacted.changes = draft.changes.map(applied)
    redacted.participant = RedactedRecord(self, of: call).bytes(of: draft.participant)
    redacted.callDetails = draft.callDetails.map(self.redacted)
    return redacted
  }

  private func applied(to ending: ConferenceEnding) -> ConferenceEnding? {
    ConferenceEnding(reason: ending.reason, call: redacted(coached: ending.call))
  }

  private func applied(to change: FieldChange) -> FieldChange {
    guard case .text(let from) = change.from, case .text(let to) = change.to else { return change }
    return switch change.field {
    case ParticipantField.callSIDToCoach.name:
      FieldChange(change.field, redacted(coached: from), redacted(coached: to))
    case ParticipantField.label.name: FieldChange(change.field, redacted(label: from), redacted(label: to))
    default: change
    }
  }
}

extension EventFilter {
  /// Whether it names a participant by a sid, and not by a token.
  package var namesSIDs: Bool { calls?.contains { !RedactedText.isOne($0.text) } ?? false }

  /// The same, of events that are redacted: whoever is named in it is meant by their tokens as well.
  package func redacted(by redaction: Redaction?) -> EventFilter {
    guard let redaction, let calls else { return self }
    return choosing(calls.union(calls.map(redaction.redacted)))
  }
}

extension MessageFormat {
  /// The same, without what no event tells.
  package func redacted(_ fields: Set<Redaction.Field>) -> MessageFormat {
    guard fields.contains(.accountSID), case .cloudEvents(let source) = self else { return self }
    return .cloudEvents(source.withoutAccount)
  }
}

extension Room {
  /// The room as events show it, for those who are to see no more.
  package func redacted(by redaction: Redaction) -> Room {
    var room = self
    room.friendlyName = redaction.redacted(friendlyName: friendlyName)
    room.participants = [:]
    for person in participants.values {
      let redacted = Participant(person, as: redaction.redacted(person.callSID), redaction.redacted(person.state))
      room.participants[redacted.callSID] = redacted
    }
    room.raisedAlerts = [:]
    for (alert, since) in raisedAlerts {
      room.raisedAlerts[Alert(alert.name, of: alert.call.map(redaction.redacted))] = since
    }
    return room
  }
}

extension Participant {
  /// Somebody under another name. Of the record nothing is left.
  fileprivate init(_ person: Participant, as call: CallSID, _ state: ParticipantState) {
    let row = ParticipantRow(
      callSID: call, state: state, dateCreated: person.dateCreated, dateUpdated: person.dateUpdated, record: [])
    self.init(row, since: person.since)
  }
}

/// What a provider says about an error, where identifiers are redacted: it may name the account, the conference, anybody.
enum ErrorRedaction {
  /// The shortest run of letters and digits that may be a sid, and of digits that may be a number to call.
  private static let (shortestSID, shortestNumber) = (20, 7)
  private static let replacement = "…"

  /// Returns the text without whatever looks like a sid or a telephone number.
  static func withoutIdentifiers(_ text: String) -> String {
    var result: [UInt8] = []
    var run: [UInt8] = []
    for byte in Array(text.utf8) + [UInt8(ascii: " ")] {
      if isPart(byte) {
        run.append(byte)
      } else {
        result += isIdentifier(run) ? Array(replacement.utf8) : run
        run = []
        result.append(byte)
      }
    }
    return String(decoding: result.dropLast(), as: UTF8.self)
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20) &- 0x61 < 26 || "-_+".utf8.contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

  private static func isIdentifier(_ run: [UInt8]) -> Bool {
    let digits = run.count(where: isDigit)
    return run.count >= shortestSID && digits > 0 || digits >= shortestNumber
  }
}
