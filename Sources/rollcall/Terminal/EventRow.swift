import RollcallCore

/// An event as rows and the board show it.
struct EventRow: Sendable {
  let timestamp: Timestamp
  let conference: ConferenceSID?
  let friendlyName: String?
  /// Whom it is about; nil where it is about nobody.
  let who: String?
  let what: String
  let style: TextStyle
  /// How many are in the room after it; nil where it says nothing of that.
  let count: Int64?

  init(_ line: EventLine, _ names: inout NameBook) {
    timestamp = line.timestamp
    conference = line.conference
    friendlyName = line.friendlyName
    count = line.count
    who = line.call.map { names.name(of: $0, label: line.label) }
    style = Self.style(of: line.type)
    what = EventWords(line, coached: line.coached.map { names.name(of: $0) }).headline
  }

  private static func style(of type: EventType) -> TextStyle {
    switch type {
    case .participantJoined: .green
    case .participantLeft, .watchInterrupted: .red
    case .participantMuted: .yellow
    case .participantHeld: .magenta
    case .participantCoachingStarted: .cyan
    case .conferenceStarted, .conferenceEnded: .bold
    case .participantPresent, .conferencePresent, .watchStarted, .watchResumed, .watchHeartbeat, .watchStopped: .faint
    case .participantUnmuted, .participantUnheld, .participantCoachingStopped, .participantUpdated: .plain
    }
  }
}
