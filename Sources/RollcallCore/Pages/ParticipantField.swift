/// The known keys of a participant: the 13 documented ones in the contract's order, `label`, and another provider's
/// name for `call_sid_to_coach`.
enum ParticipantField: UInt8, CaseIterable {
  case accountSID, callSID, callSIDToCoach, coaching, conferenceSID, dateCreated, dateUpdated, endConferenceOnExit
  case hold, muted, startConferenceOnEnter, status, uri, label, coachingCallSID

  /// The number of text fields.
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

  /// The index of the field's text in a ``PageRow``; nil for a boolean.
  ///
  /// ``coachingCallSID`` has none of its own: its text is stored as ``callSIDToCoach``, unless the row has both.
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

/// `"name":` as four words with their masks, so that a key is compared without searching for its end.
///
/// The longest name takes 28 of the 32 bytes.
struct FieldKey: Sendable {
  let field: ParticipantField
  /// The number of bytes of `"name":`.
  let length: Int
  private let word0, word1, word2, word3: UInt64
  private let mask0, mask1, mask2, mask3: UInt64

  init(_ field: ParticipantField) {
    var words: InlineArray<4, UInt64> = .init(repeating: 0)
    var masks: InlineArray<4, UInt64> = .init(repeating: 0)
    let bytes = Array("\"\(field.name)\":".utf8)
    for (k, byte) in bytes.enumerated() {
      words[k >> 3] |= UInt64(byte) << UInt64((k & 7) * 8)
      masks[k >> 3] |= 0xff << UInt64((k & 7) * 8)
    }
    self.field = field
    length = bytes.count
    (word0, word1, word2, word3) = (words[0], words[1], words[2], words[3])
    (mask0, mask1, mask2, mask3) = (masks[0], masks[1], masks[2], masks[3])
  }

  /// Whether `"name":` is at `i`, with no space before the colon.
  @inline(__always)
  func matches(_ b: RawSpan, at i: Int) -> Bool {
    if (JSONScan.word(b, i) ^ word0) & mask0 != 0 { return false }
    if length > 8, (JSONScan.word(b, i &+ 8) ^ word1) & mask1 != 0 { return false }
    guard length > 16 else { return true }
    return ((JSONScan.word(b, i &+ 16) ^ word2) & mask2) | ((JSONScan.word(b, i &+ 24) ^ word3) & mask3) == 0
  }

  /// Whether `"name"` is at `i`, the beginning of a key of the right length.
  @inline(__always)
  func matchesName(_ b: RawSpan, at i: Int) -> Bool {
    let colon = length &- 1
    // Leaves out the colon, because there may be space before it.
    func mask(_ whole: UInt64, _ word: Int) -> UInt64 {
      colon >> 3 == word ? whole & ~(0xff << UInt64((colon & 7) &* 8)) : whole
    }
    let low = ((JSONScan.word(b, i) ^ word0) & mask(mask0, 0)) | ((JSONScan.word(b, i &+ 8) ^ word1) & mask(mask1, 1))
    let high =
      ((JSONScan.word(b, i &+ 16) ^ word2) & mask(mask2, 2)) | ((JSONScan.word(b, i &+ 24) ^ word3) & mask(mask3, 3))
    return low | high == 0
  }
}
