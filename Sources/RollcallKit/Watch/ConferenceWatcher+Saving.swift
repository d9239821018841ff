import RollcallCore

/// What a watcher has stored: the events of its polls, and the room that they lead to.
extension ConferenceWatcher {
  /// The times of scans that tell nothing are saved so often at most.
  private static let savingInterval: Duration = .seconds(10)

  /// Whether ``check()`` has something to do.
  var isDueForCheck: Bool { !isPublishing && (tracker.owesInterruption(at: now()) || isDueForSaving) }

  private var isDueForSaving: Bool {
    savedAt.map { loop.now >= $0.advanced(by: Self.savingInterval) } ?? false
  }

  /// Tells of a gap that has lasted for too long.
  func check() async {
    guard !isPublishing else { return }
    let drafts = tracker.check(at: now())
    if !drafts.isEmpty { return await commit(drafts) }
    if isDueForSaving { await save() }
  }

  /// Stores what an earlier commit does not say of the room: the times of the last scan, and who is in doubt.
  func save() async {
    guard savedAt != nil, !isPublishing, let changes = tracker.takeChanges() else { return }
    await store([], changes)
  }

  /// Takes note that polls cannot go on.
  func holdBack(because reason: GapReason) { tracker.holdBack(because: reason) }

  /// Stores events with the room that they lead to.
  ///
  /// - Parameter asks: whether they wait until calls have been asked for, as those of a complete scan do.
  func commit(_ drafts: [EventDraft], asks: Bool = false) async {
    await store(drafts, tracker.takeChanges(with: drafts), asks: asks)
  }

  /// Stores what belongs together, after all that was to be stored before.
  func store(_ drafts: [EventDraft], _ changes: RoomChanges?, asks: Bool = false) async {
    if changes != nil { savedAt = loop.now }
    if isPublishing { await withCheckedContinuation { follower = $0 } }
    isPublishing = true
    var commit = PollCommit(drafts, changes: changes)
    await tellCalls(in: &commit, asks: asks)
    await publish(commit)
    isPublishing = follower != nil
    follower?.resume()
    follower = nil
  }
}
