/// Replaces values in events with tokens that depend on a key.
///
/// Equal values of a kind have equal tokens under the same key, so that a consumer can still tell who coaches whom.
/// Without the key nobody can guess values and compare their tokens.
package struct Redaction: Sendable {
  /// A field that can be redacted, named as in events.
  package enum Field: String, CaseIterable, Sendable {
    case callSID = "call_sid"
    case label
    case accountSID = "account_sid"
    case friendlyName = "friendly_name"
    case from
    case to
    case direction
  }

  /// Values of one kind share their tokens: a number has the same token as caller and as called party.
  enum Kind: String {
    case call = "call_sid"
    case label
    case account = "account_sid"
    case name = "friendly_name"
    case number
    case direction
    case uri
  }

  /// The minimum length of a key in bytes.
  package static let minimumKeyBytes = 16

  /// The redacted fields; never empty.
  package let fields: Set<Field>
  private let code: HMACSHA256

  /// - Parameter key: at least ``minimumKeyBytes`` secret bytes.
  package init(_ fields: Set<Field>, key: [UInt8]) {
    self.fields = fields
    code = HMACSHA256(key: key)
  }

  /// The fields and a digest of the key: redactions with different fingerprints make different tokens.
  package var fingerprint: String {
    let names = fields.map(\.rawValue).sorted().joined(separator: ",")
    return "\(names) \(Hex.encode(digest("redaction", names).prefix(8)))"
  }

  /// Returns the fields in a fingerprint.
  package static func fields(ofFingerprint text: String) -> Set<Field> {
    let names = text.split(separator: " ").first?.split(separator: ",") ?? []
    return Set(names.compactMap { Field(rawValue: String($0)) })
  }

  func redacts(_ field: Field) -> Bool { fields.contains(field) }

  /// Returns the token of a text. A text that events would cut has the token of its cut form.
  func token(_ text: String, _ kind: Kind) -> String {
    // An empty text identifies nobody.
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
  /// Returns a call's sid as events show it.
  package func redacted(_ call: CallSID) -> CallSID {
    redacts(.callSID) ? CallSID(valid: token(call.text, .call)) : call
  }

  /// Returns a conference's name as events show it.
  func redacted(friendlyName: String?) -> String? {
    redacts(.friendlyName) ? friendlyName.map { token($0, .name) } : friendlyName
  }

  /// Returns an account's sid as events show it.
  func redacted(account: String) -> String {
    redacts(.accountSID) ? token(account, .account) : account
  }

  /// Returns a participant's state as events show it.
  func redacted(_ state: ParticipantState) -> ParticipantState {
    ParticipantState(
      isMuted: state.isMuted, isOnHold: state.isOnHold, isCoaching: state.isCoaching,
      callSIDToCoach: redacted(callSID: state.callSIDToCoach), status: state.status,
      startsConferenceOnEnter: state.startsConferenceOnEnter, endsConferenceOnExit: state.endsConferenceOnExit,
      label: redacted(label: state.label))
  }

  /// Returns a call's details as events show them.
  package func redacted(_ details: CallDetails) -> CallDetails {
    func number(_ text: String?, _ field: Field) -> String? { redacts(field) ? text.map { token($0, .number) } : text }
    return CallDetails(
      from: number(details.from, .from), to: number(details.to, .to),
      direction: redacts(.direction) ? details.direction.map { token($0, .direction) } : details.direction)
  }

  func redacted(callSID: String?) -> String? { redacts(.callSID) ? callSID.map { token($0, .call) } : callSID }

  func redacted(label: String?) -> String? { redacts(.label) ? label.map { token($0, .label) } : label }
}

extension Redaction: Equatable {
  package static func == (left: Redaction, right: Redaction) -> Bool { left.fingerprint == right.fingerprint }
}

/// Redaction of what is stored: events before their bytes are frozen, and what a store keeps of participants who have
/// left. Rooms keep the raw values, because the next scan is compared with them.
extension Redaction {
  func applied(to changes: RoomChanges) -> RoomChanges {
    var kept = changes
    // Discovery needs the raw name until the conference has ended.
    if changes.head.isOver { kept.head.friendlyName = self.redacted(friendlyName: changes.head.friendlyName) }
    // These participants are not in the room, so only this process may keep their rows.
    kept.doubts.removeAll { $0.kind == .returning || $0.kind == .awaited }
    return kept
  }

  func applied(to event: Event) -> Event {
    var redacted = event
    redacted.friendlyName = self.redacted(friendlyName: event.friendlyName)
    redacted.endedBy = event.endedBy.flatMap(applied)
    if case .interrupted(let reason, let error) = event.watch {
      redacted.watch = .interrupted(reason: reason, error: ErrorRedaction.withoutIdentifiers(error))
    }
    guard let call = event.call else { return redacted }
    redacted.call = self.redacted(call)
    redacted.callSIDToCoach = self.redacted(callSID: event.callSIDToCoach)
    redacted.changes = event.changes.map(applied)
    redacted.participant = RedactedRecord(self, of: call).bytes(of: event.participant)
    redacted.callDetails = event.callDetails.map(self.redacted)
    return redacted
  }

  private func applied(to ending: ConferenceEnding) -> ConferenceEnding? {
    ConferenceEnding(reason: ending.reason, call: redacted(callSID: ending.call))
  }

  private func applied(to change: FieldChange) -> FieldChange {
    guard case .text(let from) = change.from, case .text(let to) = change.to else { return change }
    return switch change.field {
    case ParticipantField.callSIDToCoach.name:
      FieldChange(change.field, redacted(callSID: from), redacted(callSID: to))
    case ParticipantField.label.name: FieldChange(change.field, redacted(label: from), redacted(label: to))
    default: change
    }
  }
}

extension EventFilter {
  /// Whether the filter names a call by its sid instead of a token.
  package var namesSIDs: Bool { calls?.contains { !RedactedText.isOne($0.text) } ?? false }

  /// Returns this filter for redacted events: a call named by its sid is also selected by its token.
  package func redacted(by redaction: Redaction?) -> EventFilter {
    guard let redaction, let calls else { return self }
    return choosing(calls.union(calls.map(redaction.redacted)))
  }
}

extension MessageFormat {
  /// Returns this format without the account if that is redacted.
  package func redacted(_ fields: Set<Redaction.Field>) -> MessageFormat {
    guard fields.contains(.accountSID), case .cloudEvents(let source) = self else { return self }
    return .cloudEvents(source.withoutAccount)
  }
}

extension Room {
  /// Returns the room as events show it.
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
  /// Creates a participant with another sid and without a record.
  fileprivate init(_ person: Participant, as call: CallSID, _ state: ParticipantState) {
    let row = ParticipantRow(
      callSID: call, state: state, dateCreated: person.dateCreated, dateUpdated: person.dateUpdated, record: [])
    self.init(row, since: person.since)
  }
}

/// Removes identifiers from error messages of the provider, which may name the account, the conference or a
/// participant.
enum ErrorRedaction {
  /// The minimum length of letters and digits that may be a sid, and of digits that may be a telephone number.
  private static let (shortestSID, shortestNumber) = (20, 7)
  private static let replacement = "…"

  /// The maximum number of separators between two groups of digits, as in `(202) 555`.
  private static let maximumSeparators = 2

  /// Returns the text without anything that looks like a sid or a telephone number.
  static func withoutIdentifiers(_ text: String) -> String {
    String(decoding: withoutRuns(withoutNumbers(Array(text.utf8))), as: UTF8.self)
  }

  /// Replaces runs of letters and digits that look like identifiers.
  private static func withoutRuns(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var run: [UInt8] = []
    for byte in bytes + [UInt8(ascii: " ")] {
      if isPart(byte) {
        run.append(byte)
      } else {
        result += isIdentifier(run) ? Array(replacement.utf8) : run
        run = []
        result.append(byte)
      }
    }
    return result.dropLast()
  }

  /// Replaces telephone numbers whose groups of digits are separated, as in `+1 (202) 555-0101`.
  private static func withoutNumbers(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var i = 0
    while i < bytes.count {
      guard "+(".utf8.contains(bytes[i]) || bytes[i].isASCIIDigit else {
        result.append(bytes[i])
        i += 1
        continue
      }
      let group = numberGroup(bytes[i...])
      // Digits of a sid are replaced with all of it.
      let isOfSID = [i, group.endIndex - 1].contains { place in
        let run = run(around: place, in: bytes)
        return isIdentifier(Array(run)) && (run.startIndex < i || run.endIndex > group.endIndex)
      }
      let isNumber = !isOfSID && group.count(where: \.isASCIIDigit) >= shortestNumber && !isInternetAddress(group)
      result += isNumber ? Array(replacement.utf8) : Array(group)
      i = group.endIndex
    }
    return result
  }

  /// Returns the run of letters and digits around a place.
  private static func run(around place: Int, in bytes: [UInt8]) -> ArraySlice<UInt8> {
    let start = bytes[..<place].lastIndex { !isPart($0) }.map { $0 + 1 } ?? 0
    let end = bytes[place...].firstIndex { !isPart($0) } ?? bytes.count
    return bytes[min(start, end)..<end]
  }

  /// Returns the leading groups of digits with their separators; at least one byte.
  private static func numberGroup(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var end = bytes.startIndex + 1
    var separators = 0
    for (i, byte) in zip(bytes.indices, bytes).dropFirst() {
      if byte.isASCIIDigit {
        (end, separators) = (i + 1, 0)
      } else {
        guard " .()-/".utf8.contains(byte), separators < maximumSeparators else { break }
        separators += 1
      }
    }
    return bytes[..<end]
  }

  /// Whether digits are an IPv4 address, as in connection errors.
  private static func isInternetAddress(_ group: ArraySlice<UInt8>) -> Bool {
    let parts = group.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(\.isASCIIDigit) }
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    byte.isASCIILetterOrDigit || "-_+".utf8.contains(byte)
  }

  private static func isIdentifier(_ run: [UInt8]) -> Bool {
    let digits = run.count(where: \.isASCIIDigit)
    return run.count >= shortestSID && digits > 0 || digits >= shortestNumber
  }
}
