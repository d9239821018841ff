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
  package func shown(_ call: CallSID) -> CallSID {
    redacts(.callSID) ? CallSID(valid: token(call.text, .call)) : call
  }

  /// How a conference is called in events.
  func shown(friendlyName: String?) -> String? {
    redacts(.friendlyName) ? friendlyName.map { token($0, .name) } : friendlyName
  }

  /// How a project is called in events.
  func shown(account: String) -> String {
    redacts(.accountSID) ? token(account, .account) : account
  }

  /// What events show of somebody's state.
  func shown(_ state: ParticipantState) -> ParticipantState {
    ParticipantState(
      isMuted: state.isMuted, isOnHold: state.isOnHold, isCoaching: state.isCoaching,
      callSIDToCoach: shown(coached: state.callSIDToCoach), status: state.status,
      startsConferenceOnEnter: state.startsConferenceOnEnter, endsConferenceOnExit: state.endsConferenceOnExit,
      label: shown(label: state.label))
  }

  /// What events show of somebody's call.
  package func shown(_ details: CallDetails) -> CallDetails {
    func number(_ text: String?, _ field: Field) -> String? { redacts(field) ? text.map { token($0, .number) } : text }
    return CallDetails(
      from: number(details.from, .from), to: number(details.to, .to),
      direction: redacts(.direction) ? details.direction.map { token($0, .direction) } : details.direction)
  }

  func shown(coached: String?) -> String? { redacts(.callSID) ? coached.map { token($0, .call) } : coached }

  func shown(label: String?) -> String? { redacts(.label) ? label.map { token($0, .label) } : label }
}

extension Redaction: Equatable {
  package static func == (left: Redaction, right: Redaction) -> Bool { left.fingerprint == right.fingerprint }
}
