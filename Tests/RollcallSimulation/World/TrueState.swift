import RollcallCore

/// How somebody really is.
struct TrueState: Equatable, Sendable {
  var muted = false
  var hold = false
  var coaching = false
  var target: String?
  var status = "in-progress"
  var startsOnEnter = true
  var endsOnExit = false
  var label: String?
  /// Whether the status says nothing: whoever is listed is there.
  var isListedOnly = false

  /// What the contract says of the status, in words of its own.
  enum Place: Sendable, Equatable { case notYet, inRoom, finished }

  var place: Place {
    if isListedOnly { return .inRoom }
    if ["queued", "initiated", "connecting", "ringing"].contains(status) { return .notYet }
    let over = ["completed", "complete", "failed", "busy", "no-answer", "canceled"]
    return over.contains(status) ? .finished : .inRoom
  }

  /// The state as an event or a room tells it.
  var told: ParticipantState {
    ParticipantState(
      isMuted: muted, isOnHold: hold, isCoaching: coaching, callSIDToCoach: target, status: status,
      startsConferenceOnEnter: startsOnEnter, endsConferenceOnExit: endsOnExit, label: label)
  }
}

/// One stay of one call in a conference, with everything that it ever was.
struct Stay: Sendable {
  /// The stay from one moment to the next change.
  struct Version: Sendable {
    var since: Moment
    var state: TrueState
    var told: ParticipantState
    /// Seconds since 1970, as the provider's clock has them.
    var updated: Int64
    var row: [UInt8]
  }

  let call: String
  /// Where the row stands among all rows.
  let order: Int
  /// Seconds since 1970.
  let created: Int64
  var versions: [Version] = []
  /// When they came into the room; nil before.
  var joined: Moment?
  var left: Moment?
  /// When the row went out of the list.
  var unlisted: Moment?

  var isInRoom: Bool { joined != nil && left == nil }
  var state: TrueState { versions.last?.state ?? TrueState() }

  /// Which version was the present one; nil where the row was not there.
  func version(at moment: Moment) -> Int? {
    if let unlisted, unlisted <= moment { return nil }
    return versions.lastIndex { $0.since <= moment }
  }

  /// Until when a version was the present one.
  func end(of version: Int) -> Moment {
    version + 1 < versions.count ? versions[version + 1].since : left ?? unlisted ?? .max
  }
}

extension Stay {
  /// For people.
  var summary: String {
    let rows = versions.map { "\($0.state.status) \($0.updated) from \($0.since)" }.joined(separator: ", ")
    return "created \(created), joined \(joined ?? -1), left \(left ?? -1), unlisted \(unlisted ?? -1): \(rows)"
  }
}
