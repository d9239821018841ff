/// The keys of a participant that rollcall knows: the 13 documented ones in the contract's order, `label`, and the other
/// name that one provider has for `call_sid_to_coach`.
enum ParticipantField: UInt8, CaseIterable {
  case accountSID, callSID, callSIDToCoach, coaching, conferenceSID, dateCreated, dateUpdated, endConferenceOnExit
  case hold, muted, startConferenceOnEnter, status, uri, label, coachingCallSID

  /// How many fields hold a text.
  static let textCount = 9

  var name: String {
    switch self {
    case .accountSID: "account_sid"
    case .callSID: "call_sid"
    case .callSIDToCoach: "call_sid_to_coach"
    case .coaching: "coaching"
    case .conferenceSID: "conference_sid"
    case .dateCreated: "date_created"
    case .dateUpdated: "date_updated"
    case .endConferenceOnExit: "end_conference_on_exit"
    case .hold: "hold"
    case .muted: "muted"
    case .startConferenceOnEnter: "start_conference_on_enter"
    case .status: "status"
    case .uri: "uri"
    case .label: "label"
    case .coachingCallSID: "coaching_call_sid"
    }
  }

  /// The field's bit in the sets of a ``PageRow``.
  @inline(__always) var bit: UInt16 { 1 << UInt16(rawValue) }

  /// Where the field's text is kept in a ``PageRow``; nil for a boolean.
  ///
  /// ``coachingCallSID`` has no place of its own: its text is kept as ``callSIDToCoach``, unless the row has that as well.
  @inline(__always) var textSlot: Int? {
    switch self {
    case .accountSID: 0
    case .callSID: 1
    case .callSIDToCoach: 2
    case .conferenceSID: 3
    case .dateCreated: 4
    case .dateUpdated: 5
    case .status: 6
    case .uri: 7
    case .label: 8
    case .coaching, .endConferenceOnExit, .hold, .muted, .startConferenceOnEnter, .coachingCallSID: nil
    }
  }
}
