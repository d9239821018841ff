/// What an event tells. More types may come later: consumers ignore those that they do not know.
@nonexhaustive
public enum EventType: String, CaseIterable, Sendable {
  case participantPresent = "participant.present"
  case participantJoined = "participant.joined"
  case participantLeft = "participant.left"
  case participantMuted = "participant.muted"
  case participantUnmuted = "participant.unmuted"
  case participantHeld = "participant.held"
  case participantUnheld = "participant.unheld"
  case participantCoachingStarted = "participant.coaching_started"
  case participantCoachingStopped = "participant.coaching_stopped"
  case participantUpdated = "participant.updated"
  case conferencePresent = "conference.present"
  case conferenceStarted = "conference.started"
  case conferenceEnded = "conference.ended"
  case alertRaised = "alert.raised"
  case alertResolved = "alert.resolved"
  case watchStarted = "watch.started"
  case watchInterrupted = "watch.interrupted"
  case watchResumed = "watch.resumed"
  case watchHeartbeat = "watch.heartbeat"
  case watchStopped = "watch.stopped"
}

extension EventType {
  /// Whether such an event, where it is of another run than the one of its conference before, has whoever folds events begin
  /// the conference anew: it is part of a baseline, or nobody is there yet. After any other, such as `watch.resumed`, the
  /// fold goes on.
  package var beginsAnew: Bool {
    switch self {
    case .conferencePresent, .participantPresent, .conferenceStarted, .watchStarted: true
    case .participantJoined, .participantLeft, .participantMuted, .participantUnmuted, .participantHeld,
      .participantUnheld, .participantCoachingStarted, .participantCoachingStopped, .participantUpdated,
      .conferenceEnded, .alertRaised, .alertResolved, .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      false
    }
  }
}

extension EventType {
  /// Whether the event is about something that changed in a conference, not about a baseline, an alert or the watch.
  package var isChange: Bool {
    switch self {
    case .participantJoined, .participantLeft, .participantMuted, .participantUnmuted, .participantHeld,
      .participantUnheld, .participantCoachingStarted, .participantCoachingStopped, .participantUpdated,
      .conferenceStarted, .conferenceEnded:
      true
    case .participantPresent, .conferencePresent, .alertRaised, .alertResolved, .watchStarted, .watchInterrupted,
      .watchResumed, .watchHeartbeat, .watchStopped:
      false
    }
  }

  /// Whether the event is about an alert, and so about a participant only where it names a call.
  package var isAlert: Bool { self == .alertRaised || self == .alertResolved }
}

/// Why scans of a conference stopped being complete for a while.
@nonexhaustive
public enum OutageReason: String, CaseIterable, Sendable {
  case pollFailed = "poll_failed"
  case unauthorised
  case throttled
  case malformed
  case diskFull = "disk_full"
  /// Another program held a lock on the state file.
  case stateBusy = "state_busy"
  case backpressure
  case suspended
  case clockJump = "clock_jump"
  case restart
}

/// Why a run ended.
@nonexhaustive
public enum StopReason: String, CaseIterable, Sendable {
  case conferenceEnded = "conference_ended"
  case once
  case duration
  case signal
  case readerGone = "reader_gone"
  case error
}

/// What a `participant.left` rests on.
@nonexhaustive
public enum DepartureEvidence: String, CaseIterable, Sendable {
  /// The list itself showed the row with a finished status.
  case rowFinished = "row_finished"
  /// The participant's own resource is gone.
  case participantNotFound = "participant_not_found"
  /// The participant's own resource has a finished status.
  case participantFinished = "participant_finished"
  case conferenceEnded = "conference_ended"
  /// The same call has entered anew.
  case rejoined
  /// Absent from the list, and nothing more than that.
  case listOnly = "list_only"
}

/// Types of event, as people choose them: globs such as `participant.*,!participant.updated`.
///
/// The last glob that matches a type decides about it, and one behind `!` takes away. Where the first one does so, everything
/// else passes.
package struct EventTypePattern: Hashable, Sendable {
  package struct Item: Hashable, Sendable {
    package let glob: Glob
    package let takesAway: Bool
  }

  /// Never empty.
  package let items: [Item]

  /// Reads globs separated by commas; spaces around them, and behind a `!`, do not count.
  /// - Returns: nil where one of them is empty.
  package init?(_ list: String) {
    var items: [Item] = []
    for text in CommaList.items(of: list) {
      let takesAway = text.first == "!"
      let pattern = takesAway ? CommaList.trimmed(text.dropFirst()) : text
      guard !pattern.isEmpty else { return nil }
      items.append(Item(glob: Glob(String(pattern)), takesAway: takesAway))
    }
    self.items = items
  }

  package func accepts(_ type: String) -> Bool {
    if let last = items.last(where: { $0.glob.matches(type) }) { return !last.takesAway }
    return items.first?.takesAway == true
  }

  /// The types that pass.
  package var types: Set<EventType> { Set(EventType.allCases.filter { accepts($0.rawValue) }) }

  /// The first item whose glob matches none of the types, which is most likely a slip of the pen.
  package func firstItem(matchingNoneOf types: some Sequence<String>) -> Item? {
    items.first { item in !types.contains { item.glob.matches($0) } }
  }
}
