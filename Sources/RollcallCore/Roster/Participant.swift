/// A participant of a conference.
///
/// In an event, the participant after the change; in `participant.left`, as last seen.
public struct Participant: Equatable, Sendable {
  /// The sid of the call, which is the only identity of a participant.
  public let callSID: CallSID
  package internal(set) var state: ParticipantState
  /// Seconds since 1970; nil if the provider's date is missing or invalid.
  package internal(set) var dateCreated: Int64?
  /// Seconds since 1970; meaningless while ``record`` is empty.
  package internal(set) var dateUpdated: Int64?
  /// The provider's record: a JSON object on one line, without white space, with its strings in their shortest form.
  ///
  /// A record of more than 2048 bytes is cut to the 13 documented fields and `label`, each text to 256 bytes, and ends with
  /// `"truncated":true`.
  // Empty while a tracker keeps the record in a page: see `ConferenceTracker.wholeRoom`.
  public internal(set) var record: [UInt8]
  package internal(set) var since: Since

  /// The times of the events that began each state; nil if the state came with the baseline or does not apply.
  package struct Since: Equatable, Sendable {
    @Compact package internal(set) var joined: Timestamp?
    @Compact package internal(set) var muted: Timestamp?
    @Compact package internal(set) var held: Timestamp?
    @Compact package internal(set) var coaching: Timestamp?

    init(joined: Timestamp? = nil, muted: Timestamp? = nil, held: Timestamp? = nil, coaching: Timestamp? = nil) {
      self.joined = joined
      self.muted = muted
      self.held = held
      self.coaching = coaching
    }
  }

  /// A time in half the size of an optional one, because every participant of every room has several.
  @propertyWrapper
  package struct Compact: Equatable, Sendable {
    /// Stands for nil; no clock shows it.
    private static let none = Int64.min

    private var milliseconds = none

    package init(wrappedValue: Timestamp?) { self.wrappedValue = wrappedValue }

    package var wrappedValue: Timestamp? {
      get { milliseconds == Self.none ? nil : Timestamp(milliseconds: milliseconds) }
      set { milliseconds = newValue?.milliseconds ?? Self.none }
    }
  }

  package init(_ row: ParticipantRow, since: Since = Since()) {
    callSID = row.callSID
    state = row.state
    dateCreated = row.dateCreated
    dateUpdated = row.dateUpdated
    record = row.record
    self.since = since
  }

  /// Takes over a newer row, keeping the earlier date where the row's is missing or invalid.
  mutating func refresh(from row: ParticipantRow) {
    state = row.state
    dateCreated = row.dateCreated ?? dateCreated
    dateUpdated = row.dateUpdated ?? dateUpdated
    record = row.record
  }
}

extension Participant {
  /// The time of the join event; nil if the participant was in the baseline.
  package var joined: Timestamp? { since.joined }

  /// Whether the conference does not hear the participant.
  public var isMuted: Bool { state.isMuted }
  /// Whether the participant is on hold.
  public var isOnHold: Bool { state.isOnHold }
  /// Whether only one other participant hears them.
  public var isCoaching: Bool { state.isCoaching }
  /// The coached call; nil if the provider names none, and always nil while not coaching.
  public var coachedCall: String? { state.callSIDToCoach }
  /// The call status in the provider's wording, such as `connected`; at most 128 bytes.
  public var status: String? { state.status }
  /// The name given to the participant at the provider; at most 128 bytes.
  public var label: String? { state.label }
  /// Whether the conference starts when the participant enters.
  public var startsConferenceOnEnter: Bool { state.startsConferenceOnEnter }
  /// Whether the conference ends when the participant leaves.
  public var endsConferenceOnExit: Bool { state.endsConferenceOnExit }
  /// When the participant was added to the conference, in whole seconds; nil if the provider's date is missing or invalid.
  public var created: Timestamp? { dateCreated.map { Timestamp(milliseconds: 0) + .seconds($0) } }
  /// When the provider last changed the participant, in whole seconds; nil if its date is missing or invalid.
  public var updated: Timestamp? { dateUpdated.map { Timestamp(milliseconds: 0) + .seconds($0) } }
}

/// The tracked state of one participant; every change of it makes an event.
///
/// Each text is cut to ``maximumText`` bytes of its JSON form, so that equal states are always written alike.
package struct ParticipantState: Equatable, Sendable {
  /// The maximum number of bytes of a text in its JSON form, with escapes and without quotes.
  package static let maximumText = 128

  package var isMuted: Bool
  package var isOnHold: Bool
  package var startsConferenceOnEnter: Bool
  package var endsConferenceOnExit: Bool
  package let isCoaching: Bool
  /// The coached call; nil if the provider names none, and always nil while not coaching.
  package let callSIDToCoach: String?
  /// The call status in the provider's wording, such as `connected`.
  package let status: String?
  package let label: String?

  package init(
    isMuted: Bool = false, isOnHold: Bool = false, isCoaching: Bool = false, callSIDToCoach: String? = nil,
    status: String? = nil, startsConferenceOnEnter: Bool = false, endsConferenceOnExit: Bool = false,
    label: String? = nil
  ) {
    self.isMuted = isMuted
    self.isOnHold = isOnHold
    self.isCoaching = isCoaching
    self.callSIDToCoach = isCoaching && callSIDToCoach?.isEmpty == false ? callSIDToCoach.map(Self.shortened) : nil
    self.status = status.map(Self.shortened)
    self.startsConferenceOnEnter = startsConferenceOnEnter
    self.endsConferenceOnExit = endsConferenceOnExit
    self.label = label.map(Self.shortened)
  }

  /// Cuts a text to ``maximumText`` bytes of its JSON form, between characters.
  package static func shortened(_ text: String) -> String { JSONText.shortened(text, to: maximumText) }

  /// Compares texts by their bytes.
  package static func == (left: ParticipantState, right: ParticipantState) -> Bool {
    left.isMuted == right.isMuted && left.isOnHold == right.isOnHold && left.isCoaching == right.isCoaching
      && left.startsConferenceOnEnter == right.startsConferenceOnEnter
      && left.endsConferenceOnExit == right.endsConferenceOnExit
      && left.callSIDToCoach.isWritten(like: right.callSIDToCoach) && left.status.isWritten(like: right.status)
      && left.label.isWritten(like: right.label)
  }
}

extension String? {
  /// Whether both are nil or have the same bytes. Swift's `==` would equate composed and decomposed characters.
  func isWritten(like other: String?) -> Bool {
    switch (self, other) {
    case (.none, .none): true
    case (.some(let text), .some(let other)): text.utf8.elementsEqual(other.utf8)
    case (.none, .some), (.some, .none): false
    }
  }
}

extension ParticipantState {
  /// Reads a provider's record.
  init(record: JSONValue) {
    self.init(
      isMuted: record["muted"]?.asBool == true, isOnHold: record["hold"]?.asBool == true,
      isCoaching: record["coaching"]?.asBool == true,
      callSIDToCoach: (record["call_sid_to_coach"] ?? record["coaching_call_sid"])?.asText,
      status: record["status"]?.asText,
      startsConferenceOnEnter: record["start_conference_on_enter"]?.asBool == true,
      endsConferenceOnExit: record["end_conference_on_exit"]?.asBool == true, label: record["label"]?.asText)
  }

  /// This state as it is on joining: off hold, unmuted and not coaching, because each of those has its own event.
  var entering: ParticipantState {
    var state = coaching(nil)
    (state.isMuted, state.isOnHold) = (false, false)
    return state
  }

  /// Applies an event to this state; `line` is the parsed event.
  func after(_ type: EventType, _ line: JSONValue) -> ParticipantState {
    var state = self
    switch type {
    case .participantMuted: state.isMuted = true
    case .participantUnmuted: state.isMuted = false
    case .participantHeld: state.isOnHold = true
    case .participantUnheld: state.isOnHold = false
    case .participantCoachingStarted: return coaching(.some(line["call_sid_to_coach"]?.asText))
    case .participantCoachingStopped: return coaching(nil)
    case .participantUpdated: return updated(line["changes"] ?? .null)
    case .participantPresent, .participantJoined, .participantLeft, .conferencePresent, .conferenceStarted,
      .conferenceEnded, .alertRaised, .alertResolved, .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat,
      .watchStopped:
      break
    }
    return state
  }

  /// - Parameter target: nil to stop coaching; `.some(nil)` to coach without naming a call.
  private func coaching(_ target: String??) -> ParticipantState {
    ParticipantState(
      isMuted: isMuted, isOnHold: isOnHold, isCoaching: target != nil, callSIDToCoach: target ?? nil, status: status,
      startsConferenceOnEnter: startsConferenceOnEnter, endsConferenceOnExit: endsConferenceOnExit, label: label)
  }

  private func updated(_ changes: JSONValue) -> ParticipantState {
    func text(_ key: String, _ old: String?) -> String? { changes[key].map { $0["to"]?.asText } ?? old }
    func flag(_ key: String, _ old: Bool) -> Bool { changes[key].map { $0["to"]?.asBool == true } ?? old }
    return ParticipantState(
      isMuted: isMuted, isOnHold: isOnHold, isCoaching: isCoaching, callSIDToCoach: callSIDToCoach,
      status: text("status", status),
      startsConferenceOnEnter: flag("start_conference_on_enter", startsConferenceOnEnter),
      endsConferenceOnExit: flag("end_conference_on_exit", endsConferenceOnExit), label: text("label", label))
  }
}

/// Whether a row's status puts its participant in the room.
package enum Presence: Sendable, Equatable {
  /// The call is still being set up: not yet in the room.
  case notYet
  /// In the room. Also used for missing and unknown statuses.
  case inRoom
  /// The call has ended, provided that the conference's statuses are live; otherwise the status means nothing.
  case completed
  /// The call was never established.
  case failed

  /// Reads a provider's status; a missing or unknown one is ``inRoom``.
  package init(status: String?) {
    switch status {
    case "queued", "initiated", "connecting", "ringing": self = .notYet
    case "completed", "complete": self = .completed
    case "failed", "busy", "no-answer", "canceled": self = .failed
    default: self = .inRoom
    }
  }

  /// Whether the participant is in the room.
  ///
  /// - Parameter isLive: whether the conference's statuses are live.
  func isInRoom(whereStatusesAreLive isLive: Bool) -> Bool {
    switch self {
    case .inRoom: true
    case .completed: !isLive
    case .notYet, .failed: false
    }
  }
}

/// One participant as listed by the provider.
package struct ParticipantRow: Sendable, Equatable {
  /// The maximum number of bytes of a record; a longer one is truncated as described at ``record``.
  package static let maximumRecord = 2 << 10
  /// The maximum number of bytes of a text in a truncated record, with escapes and without quotes.
  package static let maximumRecordText = 256

  package let callSID: CallSID
  package let state: ParticipantState
  package let presence: Presence
  /// Seconds since 1970-01-01T00:00:00Z; nil if the provider's date is missing or invalid.
  package let dateCreated: Int64?
  /// Seconds since 1970-01-01T00:00:00Z; nil if the provider's date is missing or invalid.
  package let dateUpdated: Int64?
  /// The provider's JSON object on one line, without white space between tokens and with its strings in their shortest
  /// form.
  ///
  /// A record longer than ``maximumRecord`` keeps only the 13 documented fields and `label`, each text cut to
  /// ``maximumRecordText`` bytes, and ends with `"truncated":true`.
  package let record: [UInt8]

  package init(
    callSID: CallSID, state: ParticipantState, presence: Presence? = nil, dateCreated: Int64?, dateUpdated: Int64?,
    record: [UInt8]
  ) {
    self.callSID = callSID
    self.state = state
    self.presence = presence ?? Presence(status: state.status)
    self.dateCreated = dateCreated
    self.dateUpdated = dateUpdated
    self.record = record
  }
}
