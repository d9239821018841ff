import RollcallCore

/// Checks events against what really happened, and when.
struct TruthOracle {
  private let room: TrueConference
  private let time: StreamTime
  private let lag: Int64
  private let isLaggingAnswer: Bool
  private let hasGhosts: Bool
  private let listsAreWhole: Bool
  private let joinsAreBounded: Bool

  init(_ room: TrueConference, plan: Plan, time: StreamTime) {
    self.room = room
    self.time = time
    lag = plan.longestLag + plan.longestLie
    isLaggingAnswer = plan.troubles.contains(.staleAnswers) || plan.longestLie > 0
    hasGhosts = plan.troubles.contains(.ghosts)
    listsAreWhole = plan.listsAreWhole
    joinsAreBounded = plan.joinsAreBounded
  }

  /// Returns the time in which an event must have happened: after the first bound and up to the second. If stale lists
  /// and answers are possible, the first bound is unknown.
  private func window(_ event: ConsumedEvent, isLoose: Bool) -> (after: Moment, through: Moment) {
    let through = time.truth(of: event.timestamp)
    guard !isLoose, let after = event.after else { return (.min, through) }
    return (time.truth(of: after, earlier: true) - lag, through)
  }

  private func describe(_ event: ConsumedEvent, _ window: (after: Moment, through: Moment)) -> String {
    let truth = stays(of: event).map(\.summary)
    return "\(event.sequence) \(event.type.rawValue) of \(event.call ?? "") did not happen in "
      + "(\(window.after), \(window.through)]: \(truth)"
  }

  private func stays(of event: ConsumedEvent) -> [Stay] {
    (room.staysOf[event.call ?? ""] ?? []).map { room.stays[$0] }
  }

  /// Returns what is wrong with a departure; nil if it is true.
  func departure(_ event: ConsumedEvent) -> String? {
    let window = window(event, isLoose: hasGhosts)
    let isTrue = stays(of: event).contains { stay in
      stay.left.map { $0 > window.after && $0 <= window.through } ?? false
    }
    return isTrue ? nil : describe(event, window)
  }

  /// Returns whether a join must be reported in its window even if lists may omit participants: rows and replies are
  /// dated, the participant was not reported as left before, and no list showed the row before they were in the room.
  private func isBounded(_ event: ConsumedEvent, hasLeft: Bool) -> Bool {
    joinsAreBounded && !hasLeft
      && stays(of: event).allSatisfy { room.isDated($0) && $0.versions.first?.state.place == .inRoom }
  }

  /// Returns what is wrong with any other event; nil if it is true.
  ///
  /// - Parameter hasLeft: whether the participant was reported as left before.
  func lie(_ event: ConsumedEvent, hasLeft: Bool) -> String? {
    switch event.type {
    case .participantPresent:
      let window = window(event, isLoose: true)
      return stays(of: event).contains { $0.joined.map { $0 <= window.through } ?? false }
        ? nil : describe(event, window)
    case .participantJoined:
      guard event.after != nil else { return "\(event.sequence): a join without occurred_after" }
      let window = window(event, isLoose: (!listsAreWhole || isLaggingAnswer) && !isBounded(event, hasLeft: hasLeft))
      // A stale list may be the first to show a participant whom newer lists no longer show.
      let isTrue = stays(of: event).contains { stay in
        let wasThere = lag > 0 && stay.left.map { $0 > window.after } ?? true
        return stay.joined.map { ($0 > window.after || wasThere) && $0 <= window.through } ?? false
      }
      return isTrue ? nil : describe(event, window)
    case .conferenceStarted:
      let window = window(event, isLoose: false)
      return event.after != nil && room.startedAt > window.after && room.startedAt <= window.through
        ? nil : describe(event, window)
    case .conferencePresent:
      let window = window(event, isLoose: false)
      return event.after == nil && room.startedAt <= window.through ? nil : describe(event, window)
    case .conferenceEnded:
      let window = window(event, isLoose: hasGhosts)
      let isTrue = room.endedAt.map { $0 > window.after && $0 <= window.through } ?? false
      return isTrue ? nil : describe(event, window)
    case .participantMuted, .participantUnmuted, .participantHeld, .participantUnheld, .participantCoachingStarted,
      .participantCoachingStopped, .participantUpdated:
      return change(event)
    case .participantLeft, .alertRaised, .alertResolved, .watchStarted, .watchInterrupted, .watchResumed,
      .watchHeartbeat, .watchStopped:
      return nil
    }
  }

  private func change(_ event: ConsumedEvent) -> String? {
    guard event.after != nil else { return "\(event.sequence): a change without occurred_after" }
    let isLoose = isLaggingAnswer || hasGhosts || event.isInitial && !listsAreWhole
    let window = window(event, isLoose: isLoose)
    let isTrue = goals(of: event).allSatisfy { goal in
      became(goal, event, window) || event.isInitial && was(goal, event, window)
    }
    return isTrue ? nil : describe(event, window)
  }

  /// Returns the conditions on a state that must have become true.
  private func goals(of event: ConsumedEvent) -> [(ParticipantState) -> Bool] {
    switch event.type {
    case .participantMuted, .participantUnmuted: return [{ $0.isMuted == (event.type == .participantMuted) }]
    case .participantHeld, .participantUnheld: return [{ $0.isOnHold == (event.type == .participantHeld) }]
    case .participantCoachingStarted: return [{ $0.isCoaching && $0.callSIDToCoach == event.coached }]
    case .participantCoachingStopped: return [{ !($0.isCoaching && $0.callSIDToCoach == event.coached) }]
    case .participantUpdated:
      return event.changes.map { key, change in
        let to = change["to"]
        return { state in
          switch key {
          case "status": state.status == to?.asText
          case "label": state.label == to?.asText
          case "start_conference_on_enter": state.startsConferenceOnEnter == to?.asBool
          case "end_conference_on_exit": state.endsConferenceOnExit == to?.asBool
          default: false
          }
        }
      }
    case .participantPresent, .participantJoined, .participantLeft, .conferencePresent, .conferenceStarted,
      .conferenceEnded, .alertRaised, .alertResolved, .watchStarted, .watchInterrupted, .watchResumed, .watchHeartbeat,
      .watchStopped:
      return []
    }
  }

  /// Returns whether a state began in the window, possibly with a join.
  private func became(
    _ goal: (ParticipantState) -> Bool, _ event: ConsumedEvent, _ window: (after: Moment, through: Moment)
  ) -> Bool {
    stays(of: event).contains { stay in
      var before = false
      for version in stay.versions where version.state.place == .inRoom {
        let isNow = goal(version.told)
        if isNow, !before, version.since > window.after, version.since <= window.through { return true }
        before = isNow
      }
      return false
    }
  }

  /// Returns whether a state was true at any time in the window.
  private func was(
    _ goal: (ParticipantState) -> Bool, _ event: ConsumedEvent, _ window: (after: Moment, through: Moment)
  ) -> Bool {
    stays(of: event).contains { stay in
      stay.versions.indices.contains { index in
        let version = stay.versions[index]
        return goal(version.told) && version.since <= window.through && stay.end(of: index) > window.after
      }
    }
  }
}
