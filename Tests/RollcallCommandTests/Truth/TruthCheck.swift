import RollcallCore
import RollcallSimulator
import RollcallTestKit

/// Compares the reported events with what really happened.
struct TruthCheck {
  let truth: [TruthEntry]
  let log: WatchLog
  /// Whether the lists were true when they were sent. An old list can show a state that was over when it was requested.
  let listsAreFresh: Bool
  /// Whether a complete scan shows everyone. A torn one may leave out a participant who had joined.
  let listsAreWhole: Bool

  /// The untrue events, each with what is wrong.
  var lies: [String] { log.told.compactMap { lie($0.draft) } }

  /// The reported departures of people who had not left by then.
  var untrueDepartures: [String] {
    log.told.filter { $0.draft.type == .participantLeft }.compactMap { told in
      let call = told.draft.call?.text ?? ""
      let told = log.latest(through: told.draft.timestamp)
      let isGone = truth.contains { $0.kind == .left && $0.callSID == call && $0.milliseconds <= told }
      return isGone ? nil : "\(call) had not left at \(told) ms"
    }
  }

  /// Returns the kind of change that a type reports; nil if it reports none.
  private static func kind(of type: EventType) -> TruthEntry.Kind? {
    switch type {
    case .participantJoined: .joined
    case .participantLeft: .left
    case .participantMuted: .muted
    case .participantUnmuted: .unmuted
    case .participantHeld: .held
    case .participantUnheld: .unheld
    case .participantCoachingStarted: .coachingStarted
    case .participantCoachingStopped: .coachingStopped
    case .participantUpdated: .updated
    case .conferenceEnded: .ended
    case .participantPresent, .conferencePresent, .conferenceStarted, .watchStarted, .watchInterrupted, .watchResumed,
      .alertRaised, .alertResolved, .watchHeartbeat, .watchStopped:
      nil
    }
  }

  /// Returns why an event is untrue; nil if it is true.
  private func lie(_ draft: Event) -> String? {
    let call = draft.call?.text ?? ""
    let latest = log.latest(through: draft.timestamp)
    if draft.type == .participantPresent {
      let wasThere = truth.contains { $0.kind == .joined && $0.callSID == call && $0.milliseconds <= latest }
      return wasThere ? nil : "\(call) had not joined by \(latest) ms"
    }
    guard let kind = Self.kind(of: draft.type) else { return nil }
    let isArrival = kind == .joined || draft.isInitial
    let isBounded = listsAreFresh && (listsAreWhole || !isArrival)
    let earliest = isBounded ? draft.occurredAfter.map { log.latest(before: $0) } ?? 0 : -1
    let isCoaching = kind == .coachingStarted || kind == .coachingStopped
    let happened = truth.contains { entry in
      entry.kind == kind && entry.callSID == call && entry.milliseconds <= latest && entry.milliseconds > earliest
        && (!isCoaching || entry.target == draft.callSIDToCoach)
    }
    return happened ? nil : "no \(kind) of \(call) after \(earliest) ms and up to \(latest) ms"
  }

  /// Returns the room as it really is.
  static func room(after truth: [TruthEntry]) -> [String: FoldedRoom.Person] {
    var people: [String: FoldedRoom.Person] = [:]
    for entry in truth {
      let call = entry.callSID
      switch entry.kind {
      case .joined: people[call] = FoldedRoom.Person(status: Self.status)
      case .left: people[call] = nil
      case .muted: people[call]?.muted = true
      case .unmuted: people[call]?.muted = false
      case .held: people[call]?.hold = true
      case .unheld: people[call]?.hold = false
      case .coachingStarted, .coachingStopped:
        people[call]?.coaching = entry.kind == .coachingStarted
        people[call]?.target = entry.kind == .coachingStarted ? entry.target : nil
      case .updated, .ended: break
      }
    }
    return people
  }

  /// The status of everyone in the room: the providers' different words are not part of the truth.
  private static let status = "in-progress"

  /// Returns the room as it was reported. Whether a participant ends the conference is not part of the truth.
  static func room(as folded: FoldedRoom) -> [String: FoldedRoom.Person] {
    folded.people.mapValues { person in
      var person = person
      person.endsOnExit = false
      if ["connected", "complete", "completed"].contains(person.status) { person.status = Self.status }
      return person
    }
  }
}
