/// The type of an event. Later versions may add types: consumers ignore those they do not know.
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
  /// Whether a consumer resets the conference at an event of this type, if the conference's previous event is from
  /// another run. Such an event is part of a baseline, or nobody is in the room yet. At any other type, such as
  /// `watch.resumed`, the consumer goes on with the conference as it was.
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

  /// Whether the event is about an alert. An alert is about a participant only if it names a call.
  package var isAlert: Bool { self == .alertRaised || self == .alertResolved }
}

/// Why scans of a conference stopped being complete for a while.
@nonexhaustive
public enum OutageReason: String, CaseIterable, Sendable {
  /// The provider could not be reached, or answered with an error.
  case pollFailed = "poll_failed"
  /// The provider refused the token.
  case unauthorised
  /// The provider limited the rate of requests (429).
  case throttled
  /// The provider's replies were invalid.
  case malformed
  /// The disk had no room for events.
  case diskFull = "disk_full"
  /// Another program held a lock on the state file.
  case stateBusy = "state_busy"
  /// Too many events waited for the reader of standard output.
  case backpressure
  /// The process was stopped, or the machine slept.
  case suspended
  /// The machine's clock was set forward.
  case clockJump = "clock_jump"
  /// No process was running between two runs.
  case restart
}

/// Why a run ended.
@nonexhaustive
public enum StopReason: String, CaseIterable, Sendable {
  /// Every watched conference ended.
  case conferenceEnded = "conference_ended"
  /// Each conference was scanned once, as requested.
  case once
  /// The requested time was over.
  case duration
  /// A signal asked for the end.
  case signal
  /// The reader of standard output was gone.
  case readerGone = "reader_gone"
  /// An error ended the run.
  case error
}

/// The evidence for a `participant.left`.
@nonexhaustive
public enum DepartureEvidence: String, CaseIterable, Sendable {
  /// The list showed the row with a finished status.
  case rowFinished = "row_finished"
  /// The participant's own resource was gone (404).
  case participantNotFound = "participant_not_found"
  /// The participant's own resource had a finished status.
  case participantFinished = "participant_finished"
  /// The conference itself ended.
  case conferenceEnded = "conference_ended"
  /// The same call joined again.
  case rejoined
  /// The participant was absent from the list, and nothing else confirms it.
  case listOnly = "list_only"
}

/// Selects event types by globs such as `participant.*,!participant.updated`.
///
/// The last glob that matches a type decides, and `!` in front of one excludes. If the first one excludes, types that
/// match no glob pass.
package struct EventTypePattern: Hashable, Sendable {
  package struct Item: Hashable, Sendable {
    package let glob: Glob
    package let isExclusion: Bool
  }

  /// Never empty.
  package let items: [Item]

  /// Reads globs separated by commas; spaces around them and after a `!` are ignored.
  ///
  /// - Returns: nil if one of them is empty.
  package init?(_ list: String) {
    var items: [Item] = []
    for text in CommaList.items(of: list) {
      let isExclusion = text.first == "!"
      let pattern = isExclusion ? CommaList.trimmed(text.dropFirst()) : text
      guard !pattern.isEmpty else { return nil }
      items.append(Item(glob: Glob(String(pattern)), isExclusion: isExclusion))
    }
    self.items = items
  }

  package func accepts(_ type: String) -> Bool {
    if let last = items.last(where: { $0.glob.matches(type) }) { return !last.isExclusion }
    return items.first?.isExclusion == true
  }

  /// The types that the pattern accepts.
  package var types: Set<EventType> { Set(EventType.allCases.filter { accepts($0.rawValue) }) }

  /// Returns the first item whose glob matches none of the types, most likely because of a typing error.
  package func firstItem(matchingNoneOf types: some Sequence<String>) -> Item? {
    items.first { item in !types.contains { item.glob.matches($0) } }
  }
}
