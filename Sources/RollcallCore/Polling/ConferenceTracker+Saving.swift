extension ConferenceTracker {
  /// What is different since the room was saved.
  struct Unsaved: Sendable {
    var calls: Set<CallSID> = []
    var endedStays: [SavedRoom.EndedStay] = []
    /// Whether the room is ahead of what has been stored by events that are about to be.
    var awaitsEvents = false

    /// Notes whom a scan has moved.
    mutating func note(_ findings: Findings, of scan: Scan) {
      calls.formUnion(findings.arrivals.keys)
      calls.formUnion(findings.departures.keys)
      calls.formUnion(findings.updates.keys)
      guard let page = scan.pages.first else { return }
      for row in findings.redated { calls.insert(page.callSID(of: row.new)) }
    }
  }

  /// Takes up a room that was saved: what scans miss since then is a gap, told as soon as one is complete.
  ///
  /// - Parameter tellsRestart: whether that gap is told at all.
  package mutating func resume(tellsRestart: Bool) {
    guard hasStarted else { return }
    gap.expectRestart(isTold: tellsRestart)
  }

  /// What a store has to change for it to have the room of now. Nothing of it comes twice.
  ///
  /// - Parameter drafts: the events that are stored with it. Those of a scan and the room that it leads to belong
  ///   together, so between the one and the other there is nothing to take without them.
  /// - Returns: nil where no store keeps rooms, or before the first complete scan.
  package mutating func takeChanges(with drafts: [EventDraft] = []) -> RoomChanges? {
    guard let unsaved, hasStarted, !unsaved.awaitsEvents || !drafts.isEmpty else { return nil }
    self.unsaved = Unsaved()
    var isOver = false
    if case .over = phase { isOver = true }
    return room.changes(of: unsaved.calls, held(unsaved.calls), endedStays: unsaved.endedStays, isOver: isOver)
  }

  /// Remembers a stay that ended.
  mutating func noteEnd(of person: Participant, at now: Timestamp) {
    guard let stay = room.noteEnd(of: person, at: now) else { return }
    unsaved?.endedStays.append(stay)
  }
}
