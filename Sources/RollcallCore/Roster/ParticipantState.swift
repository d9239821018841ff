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
  package static func held(_ text: String) -> String { JSONText.shortened(text, to: maximumText) }

  /// Whether both are written with the same bytes.
  public static func == (left: ParticipantState, right: ParticipantState) -> Bool {
    left.isMuted == right.isMuted && left.isOnHold == right.isOnHold && left.isCoaching == right.isCoaching
      && left.startsConferenceOnEnter == right.startsConferenceOnEnter
      && left.endsConferenceOnExit == right.endsConferenceOnExit
      && left.callSIDToCoach.isWritten(like: right.callSIDToCoach) && left.status.isWritten(like: right.status)
      && left.label.isWritten(like: right.label)
  }
}

extension String? {
  /// Whether both are absent, or the same bytes: Swift's `==` takes composed and decomposed characters for the same.
  func isWritten(like other: String?) -> Bool {
    switch (self, other) {
    case (.none, .none): true
    case (.some(let text), .some(let other)): text.utf8.elementsEqual(other.utf8)
    case (.none, .some), (.some, .none): false
    }
  }
}
