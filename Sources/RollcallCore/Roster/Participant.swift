/// Somebody in the room, as the stream has told it so far.
package struct Participant: Equatable, Sendable {
  package let callSID: CallSID
  package internal(set) var state: ParticipantState
  /// Seconds since 1970; nil where the provider's date says nothing.
  package internal(set) var dateCreated: Int64?
  /// Means nothing where the record is empty.
  package internal(set) var dateUpdated: Int64?
  /// The provider's record, last seen; empty where the tracker has it in a page: see ``ConferenceTracker/wholeRoom``.
  package internal(set) var record: [UInt8]
  package internal(set) var since: Since

  /// When the events that began each state were written; nil where the state was there in the baseline, or is not there.
  package struct Since: Equatable, Sendable {
    package internal(set) var joined: Timestamp?
    package internal(set) var muted: Timestamp?
    package internal(set) var held: Timestamp?
    package internal(set) var coaching: Timestamp?
  }

  init(_ row: ParticipantRow, since: Since = Since()) {
    callSID = row.callSID
    state = row.state
    dateCreated = row.dateCreated
    dateUpdated = row.dateUpdated
    record = row.record
    self.since = since
  }

  /// Takes over what a newer row says. Dates that say nothing leave the held ones as they are.
  mutating func refresh(from row: ParticipantRow) {
    state = row.state
    dateCreated = row.dateCreated ?? dateCreated
    dateUpdated = row.dateUpdated ?? dateUpdated
    record = row.record
  }
}

extension Participant {
  /// When they joined, as their event says; nil where they were there in the baseline.
  package var joined: Timestamp? { since.joined }
}

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

extension ParticipantState {
  /// What a record says.
  init(record: JSONValue) {
    self.init(
      isMuted: record["muted"]?.asBool == true, isOnHold: record["hold"]?.asBool == true,
      isCoaching: record["coaching"]?.asBool == true,
      callSIDToCoach: (record["call_sid_to_coach"] ?? record["coaching_call_sid"])?.asText,
      status: record["status"]?.asText,
      startsConferenceOnEnter: record["start_conference_on_enter"]?.asBool == true,
      endsConferenceOnExit: record["end_conference_on_exit"]?.asBool == true, label: record["label"]?.asText)
  }

  /// The same person as they enter: what they do comes as events of its own.
  var entering: ParticipantState {
    var state = coaching(nil)
    (state.isMuted, state.isOnHold) = (false, false)
    return state
  }

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

  /// - Parameter target: nil for not coaching; somebody who coaches may do so without a name.
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

/// What a row's status says about whether its participant is in the room.
public enum Presence: Sendable, Equatable {
  /// The call is still being set up.
  case notYet
  /// Also where the provider gives no status, or one that rollcall does not know.
  case inRoom
  /// The call is over if the conference's statuses are live; otherwise the status says nothing.
  case completed
  /// The call never came about.
  case failed

  /// Reads a provider's status. Unknown texts, and none at all, are ``inRoom``.
  public init(status: String?) {
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

/// One participant as a page listed them.
public struct ParticipantRow: Sendable, Equatable {
  /// Bytes of a record; a longer one is rewritten, see ``record``.
  public static let maximumRecord = 2 << 10
  /// Bytes of a text in a record that is rewritten, inside its quotes, escapes included.
  public static let maximumRecordText = 256

  public let callSID: CallSID
  public let state: ParticipantState
  public let presence: Presence
  /// Seconds since 1970-01-01T00:00:00Z; nil where the provider's date is absent or cannot be read.
  public let dateCreated: Int64?
  /// Seconds since 1970-01-01T00:00:00Z; nil where the provider's date is absent or cannot be read.
  public let dateUpdated: Int64?
  /// The provider's JSON object on one line, without white space and with its strings in their shortest form.
  ///
  /// One that would pass ``maximumRecord`` holds only the 13 documented fields and `label`, each text cut to
  /// ``maximumRecordText``, and `"truncated":true` at its end.
  public let record: [UInt8]

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
