/// What rollcall tracks about one participant; a change of any of it makes an event.
///
/// Texts are held cut to ``maximumText`` bytes as they are written, so that equal states are written equally.
public struct ParticipantState: Equatable, Sendable {
  /// Bytes of a text inside its quotes, escapes included.
  public static let maximumText = 128

  public var isMuted: Bool
  public var isOnHold: Bool
  public var startsConferenceOnEnter: Bool
  public var endsConferenceOnExit: Bool
  public let isCoaching: Bool
  /// Who is being coached; nil where nobody is named, and always nil while not coaching.
  public let callSIDToCoach: String?
  /// The provider's word for how the call is, such as `connected`.
  public let status: String?
  public let label: String?

  public init(
    isMuted: Bool = false, isOnHold: Bool = false, isCoaching: Bool = false, callSIDToCoach: String? = nil,
    status: String? = nil, startsConferenceOnEnter: Bool = false, endsConferenceOnExit: Bool = false,
    label: String? = nil
  ) {
    self.isMuted = isMuted
    self.isOnHold = isOnHold
    self.isCoaching = isCoaching
    self.callSIDToCoach = isCoaching && callSIDToCoach?.isEmpty == false ? callSIDToCoach.map(Self.held) : nil
    self.status = status.map(Self.held)
    self.startsConferenceOnEnter = startsConferenceOnEnter
    self.endsConferenceOnExit = endsConferenceOnExit
    self.label = label.map(Self.held)
  }

  /// Cuts a text to ``maximumText`` bytes as written, between characters.
  package static func held(_ text: String) -> String {
    // No character is written in more than six bytes for each of its own.
    guard text.utf8.count > maximumText / 6 else { return text }
    var written: [UInt8] = []
    JSONText.appendContents(of: text, to: &written)
    guard written.count > maximumText else { return text }
    return JSONText.string(JSONText.cut(written[...], to: maximumText), escaped: true)
  }
}
