import RollcallCore

/// What a poller has stored: the events of its polls, and the room that they lead to.
extension ConferencePoller {
  /// The times of scans that tell nothing are saved so often at most.
  private static let savingInterval: Duration = .seconds(10)

  /// Whether ``check()`` has something to do. Learns why nothing is asked, if nothing may be.
  func isDueForCheck() -> Bool {
    noteClosure()
    return canCheck
  }

  private var canCheck: Bool {
    !isPublishing && !lacksCommit && (tracker.owesInterruption(at: now(), atOnce: isShutOut) || isDueForSaving)
  }

  /// While a poll waits for an origin that may not be asked, that is why scans are missing.
  private func noteClosure() {
    isShutOut = false
    guard !isPolling, loop.now >= dueAt else { return }
    if origin.budget.isThrottled { tracker.heldUp(by: .throttled(retryAfter: nil)) }
    guard let closure = origin.govern({ governor, now in governor.closure(at: now) }) else { return }
    tracker.shutOut(by: closure.failure)
    isShutOut = closure.failure.isRefusal && closure.isConfirmed
  }

  private var isDueForSaving: Bool {
    savedAt.map { loop.now >= $0.advanced(by: Self.savingInterval) } ?? false
  }

  /// How the conference was found, as long as no complete scan of it is stored; nil from then on.
  var unsavedOrigin: ConferenceTracker.Origin? { hasScanned ? nil : tracker.origin }

  /// Reports an outage that has lasted for too long.
  func check() async {
    guard canCheck else { return }
    let drafts = tracker.check(at: now(), atOnce: isShutOut)
    if !drafts.isEmpty {
      _ = await store(drafts, tracker.takeChanges(with: drafts))
      return
    }
    if isDueForSaving { await save() }
  }

  /// Stores what an earlier commit does not say of the room: the times of the last scan, and who is in doubt.
  func save() async {
    guard savedAt != nil, !isPublishing, !lacksCommit, let changes = tracker.takeChanges() else { return }
    _ = await store([], changes)
  }

  /// Stores what a poll tells, with the room that it leads to, however long the store takes no commits.
  ///
  /// - Parameter isComplete: whether a complete scan tells it. The events wait then until calls have been asked for, and
  ///   scans that are missing afterwards are missing because the store took no commits.
  /// - Returns: false where it is given up, since the run ends.
  func commitPoll(_ drafts: [EventDraft], isComplete: Bool = false) async -> Bool {
    let start = loop.now
    let outcome = await store(drafts, tracker.takeChanges(with: drafts), asks: isComplete)
    extendStart(since: start)
    switch outcome {
    case .stored(let reason):
      if isComplete, let reason { tracker.holdBack(because: reason) }
      return true
    case .notStored: return false
    }
  }

  /// Stores what belongs together, after all that was to be stored before.
  func store(_ drafts: [EventDraft], _ changes: RoomChanges?, asks: Bool = false) async -> CommitOutcome {
    if changes != nil { savedAt = loop.now }
    let earlier = isPublishing ? await withCheckedContinuation { follower = $0 } : .stored()
    isPublishing = true
    var commit = PollCommit(drafts, changes: changes)
    await tellCalls(in: &commit, asks: asks)
    let outcome = lacksCommit ? .notStored : await publish(commit).after(earlier)
    if outcome == .notStored { lacksCommit = true }
    isPublishing = follower != nil
    follower?.resume(returning: outcome)
    follower = nil
    return outcome
  }
}

extension CommitOutcome {
  /// The outcome for somebody who waited for an earlier commit first.
  fileprivate func after(_ earlier: CommitOutcome) -> CommitOutcome {
    switch (self, earlier) {
    case (.notStored, _), (_, .notStored): .notStored
    case (.stored(let own), .stored(let before)): .stored(delayedBy: own ?? before)
    }
  }
}
