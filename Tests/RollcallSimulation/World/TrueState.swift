import RollcallCore

/// The true state of a participant.
struct TrueState: Equatable, Sendable {
  var muted = false
  var hold = false
  var coaching = false
  var target: String?
  var status = "in-progress"
  var startsOnEnter = true
  var endsOnExit = false
  var label: String?
  /// Whether the status says nothing, so that every listed participant is in the room.
  var isListedOnly = false

  /// Where a status puts a participant, implemented independently of the code under test.
  enum Place: Sendable, Equatable { case notYet, inRoom, finished }

  var place: Place {
    if isListedOnly { return .inRoom }
    if ["queued", "initiated", "connecting", "ringing"].contains(status) { return .notYet }
    let over = ["completed", "complete", "failed", "busy", "no-answer", "canceled"]
    return over.contains(status) ? .finished : .inRoom
  }

  /// The state as events and rooms represent it.
  var told: ParticipantState {
    ParticipantState(
      isMuted: muted, isOnHold: hold, isCoaching: coaching, callSIDToCoach: target, status: status,
      startsConferenceOnEnter: startsOnEnter, endsConferenceOnExit: endsOnExit, label: label)
  }
}

/// One stay of a call in a conference, with its history.
struct Stay: Sendable {
  /// The stay between two changes.
  struct Version: Sendable {
    var since: Moment
    var state: TrueState
    var told: ParticipantState
    /// The date of the last update, in seconds since 1970 by the provider's clock.
    var updated: Int64
    var row: [UInt8]
  }

  let call: String
  /// The position of the row among all rows.
  let order: Int
  /// The creation date, in seconds since 1970.
  let created: Int64
  var versions: [Version] = []
  /// When the participant entered the room; nil before.
  var joined: Moment?
  var left: Moment?
  /// When the row was removed from the list.
  var unlisted: Moment?

  var isInRoom: Bool { joined != nil && left == nil }
  var state: TrueState { versions.last?.state ?? TrueState() }

  /// Returns the version at a given time; nil if the row was not in the list.
  func version(at moment: Moment) -> Int? {
    if let unlisted, unlisted <= moment { return nil }
    return versions.lastIndex { $0.since <= moment }
  }

  /// Returns the end of a version.
  func end(of version: Int) -> Moment {
    version + 1 < versions.count ? versions[version + 1].since : left ?? unlisted ?? .max
  }
}

extension Stay {
  /// A description for failure messages.
  var summary: String {
    let rows = versions.map { "\($0.state.status) \($0.updated) from \($0.since)" }.joined(separator: ", ")
    return "created \(created), joined \(joined ?? -1), left \(left ?? -1), unlisted \(unlisted ?? -1): \(rows)"
  }
}
