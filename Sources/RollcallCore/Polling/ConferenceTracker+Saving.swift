extension ConferenceTracker {
  /// What is different since the room was saved.
  struct Unsaved: Sendable {
    var calls: Set<CallSID> = []
    /// When stays ended; nil for those that are of no interest any longer.
    private var ends: [SavedRoom.StayID: Timestamp?] = [:]
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

    /// Notes a stay that has ended, and others that make room for it.
    mutating func note(_ stay: SavedRoom.EndedStay, forgetting others: [SavedRoom.EndedStay]) {
      ends.updateValue(stay.endedAt, forKey: stay.id)
      forget(others)
    }

    /// Notes stays that are of no interest any longer.
    mutating func forget(_ stays: [SavedRoom.EndedStay]) {
      for stay in stays { ends.updateValue(nil, forKey: stay.id) }
    }

    var endedStays: [SavedRoom.EndedStay] {
      ends.sorted { $0.key < $1.key }.compactMap { id, end in end.map { SavedRoom.EndedStay(id, endedAt: $0) } }
    }

    var forgottenStays: [SavedRoom.StayID] { ends.filter { $0.value == nil }.keys.sorted() }
  }

  /// Takes up a room that was saved: what scans miss since then is an outage, reported as soon as one is complete.
  ///
  /// - Parameter tellsRestart: whether that outage is reported at all.
  package mutating func resume(tellsRestart: Bool) {
    guard hasStarted else { return }
    outage.expectRestart(isReported: tellsRestart)
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
    return room.changes(
      of: unsaved.calls, held(unsaved.calls), endedStays: unsaved.endedStays, forgottenStays: unsaved.forgottenStays,
      isOver: isOver)
  }

  /// Remembers a stay that ended.
  mutating func noteEnd(of person: Participant, at now: Timestamp) {
    let (stay, forgotten) = room.noteEnd(of: person, at: now)
    unsaved?.note(stay, forgetting: forgotten)
  }

  /// Notes which stays that have ended a scan still lists, and forgets those whose time is over.
  mutating func keepEnds(_ findings: Findings, at now: Timestamp) {
    var listed = (findings.isWhole ? nil : listedStays) ?? ListedStays()
    // Held once, so that it is changed in place.
    listedStays = nil
    var hasLostRows = findings.isWhole
    if !listed.isEmpty {
      for call in findings.differing where listed.remove(room.shown(call)) { hasLostRows = true }
    }
    for (call, date) in findings.listed where findings.arrivals[call] == nil {
      listed.add(room.shown(call), dateCreated: date)
    }
    listedStays = listed
    let forgotten = room.forgetEnds(at: now, listed: listed, hasLostRows: hasLostRows)
    unsaved?.forget(forgotten)
  }
}
