import RollcallCore
import RollcallSimulator
import RollcallTestKit

/// Holds what was told against what really happened.
struct TruthCheck {
  let truth: [TruthEntry]
  let log: WatchLog
  /// Whether the lists were true when they were sent. An old list can show a state that was over when it was asked for.
  let listsAreFresh: Bool
  /// Whether a complete scan shows everybody. A torn one may leave somebody out who had joined.
  let listsAreWhole: Bool

  /// The events that are not true, each with what is wrong.
  var lies: [String] { log.told.compactMap { lie($0.draft) } }

  /// Departures of people who had not left by then.
  var untrueDepartures: [String] {
    log.told.filter { $0.draft.type == .participantLeft }.compactMap { told in
      let call = told.draft.call?.text ?? ""
      let told = log.latest(through: told.draft.timestamp)
      let isGone = truth.contains { $0.kind == .left && $0.callSID == call && $0.milliseconds <= told }
      return isGone ? nil : "\(call) had not left at \(told) ms"
    }
  }

  /// How a type is called in the truth; nil for what does not tell of a change.
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

  /// Why an event is not true; nil where it is.
  private func lie(_ draft: Event) -> String? {
    let call = draft.call?.text ?? ""
    let latest = log.latest(through: draft.timestamp)
    if draft.type == .participantPresent {
      let wasThere = truth.contains { $0.kind == .joined && $0.callSID == call && $0.milliseconds <= latest }
      return wasThere ? nil : "\(call) was not there at \(latest) ms"
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
    return happened ? nil : "no \(kind) of \(call) after \(earliest) and not later than \(latest) ms"
  }

  /// The room as it really is.
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

  /// What providers call those who are there in different ways is not part of the truth.
  private static let status = "in-progress"

  /// The room as it was told; who ends the conference is not part of the truth.
  static func room(as folded: FoldedRoom) -> [String: FoldedRoom.Person] {
    folded.people.mapValues { person in
      var person = person
      person.endsOnExit = false
      if ["connected", "complete", "completed"].contains(person.status) { person.status = Self.status }
      return person
    }
  }
}
