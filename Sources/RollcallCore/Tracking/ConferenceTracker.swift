/// Decides what to ask about one conference, which answers to believe, and what to emit.
///
/// A reducer: each input returns the actions that the caller performs. It has no clock and no socket, so the same code
/// runs in the command, in a server, and in the simulation. Presence in a valid reply is proof; absence never is.
package struct ConferenceTracker: Sendable {
  /// How watching of the conference began.
  package enum Origin: Sendable, Equatable {
    /// Named by its sid.
    case named
    /// In the first complete discovery answer: its participants are a baseline.
    case foundAtStart
    /// Found later: its participants joined after the last complete answer without it.
    case foundLater(after: Timestamp?)
  }

  package enum Action: Sendable, Equatable {
    /// Fetch one page; a nil query is the first page. Compare it with ``ConferenceTracker/page(at:)``.
    case fetchPage(query: String?, ordinal: Int)
    case fetchParticipant(CallSID)
    case fetchConference
    /// Call ``ConferenceTracker/deadlinePassed(at:)`` at this time, unless the poll has finished.
    case setDeadline(Timestamp)
    /// Warn, once for each conference, that its participants count as in the room although all are `completed`.
    case warnOfStatuses
    case commit([Event])
    case finish(PollOutcome)
  }

  /// The maximum time for all confirmations of one poll together.
  package static let confirmationTime: Duration = .seconds(2)
  package static let maximumConfirmationsInFlight = 8

  enum Phase: Sendable {
    case idle
    case scanning(Scan)
    case asking(Confirmation)
    case over
  }

  package internal(set) var room: Room
  package let origin: Origin
  /// Whether an absent participant is confirmed before they are reported as left.
  let confirmsLeft: Bool
  let interval: Duration
  /// The longest time between two polls that schedule and budget allow.
  package var intervalInForce: Duration
  let version: String
  var phase: Phase = .idle
  /// The pages of the last complete scan, and the query after each.
  var pages: [Page] = []
  /// The statuses of ``pages``, unless they are known to be live.
  var statuses = StatusTally()
  /// Since when complete scans have shown no participant; nil if the last one showed any, and before the first scan.
  var emptySince: Timestamp?
  /// The ended stays that the last complete scan still listed; nil before the first scan of this run.
  var listedStays: ListedStays?
  var hasWarnedOfStatuses = false
  /// How many participants have their record only in the last page.
  var listedCount = 0
  var outage = Outage()
  var alerts: AlertTracker
  /// The changes that are not stored yet; nil if no store keeps rooms.
  var unsaved: Unsaved?

  /// - Parameters:
  ///   - saved: the saved room to continue from.
  ///   - keepsRoom: whether ``takeChanges(with:)`` will be called.
  ///   - redaction: what is redacted in events; participants who left are remembered by their tokens.
  ///   - alerts: the conditions that raise alerts, each with a different name.
  package init(
    conference: ConferenceSID, friendlyName: String? = nil, origin: Origin, saved: Room? = nil, keepsRoom: Bool = false,
    redaction: Redaction? = nil, confirmsLeft: Bool = true, alerts: [AlertCondition] = [], interval: Duration,
    version: String
  ) {
    room = saved ?? Room(conference: conference)
    room.redaction = redaction
    // A room that was first watched by its sid has no name yet.
    if let friendlyName { room.friendlyName = friendlyName }
    if keepsRoom { unsaved = Unsaved() }
    self.origin = origin
    self.confirmsLeft = confirmsLeft
    self.alerts = AlertTracker(alerts)
    self.interval = interval
    intervalInForce = interval
    self.version = version
  }

  /// Whether the first complete scan has been reported.
  package var hasStarted: Bool { room.lastScanStart != nil }

  /// Returns the page of the last complete scan that a new page is compared with.
  package func page(at ordinal: Int) -> Page? { pages.indices.contains(ordinal) ? pages[ordinal] : nil }

  /// Begins a poll.
  package mutating func begin(at now: Timestamp) -> [Action] {
    guard case .idle = phase else { return [] }
    phase = .scanning(Scan(start: now))
    return [.fetchPage(query: nil, ordinal: 0)]
  }

  /// Handles a page that had been received completely at `now`.
  package mutating func received(_ reply: PageReply, at now: Timestamp) -> [Action] {
    guard case .scanning(var scan) = phase else { return [] }
    do throws(ScanFailure) {
      let next = try scan.take(reply, comparedWith: page(at: scan.pages.count))
      scan.askedAt = now
      phase = .scanning(scan)
      if let next { return [.fetchPage(query: next, ordinal: scan.pages.count)] }
      return finishScan(scan, at: now)
    } catch {
      return failed(error, at: now)
    }
  }

  /// Handles a failed page.
  ///
  /// - Parameter isRefused: whether the provider has refused before, so that no scan is to be expected soon.
  package mutating func failed(_ failure: ScanFailure, at now: Timestamp, isRefused: Bool = false) -> [Action] {
    guard case .scanning(var scan) = phase else { return [] }
    if failure == .invalidPageToken, scan.restart() {
      scan.askedAt = now
      phase = .scanning(scan)
      return [.fetchPage(query: nil, ordinal: 0)]
    }
    if failure == .notFound, scan.pages.isEmpty, !scan.isSecondPass {
      scan.wasNotFound = true
      return ask(about: scan, ScanDiff(receivedAt: now), conference: true, at: now)
    }
    return giveUp(failure, at: now, isRefused: isRefused)
  }

  /// Ends a poll that failed.
  mutating func giveUp(_ failure: ScanFailure, at now: Timestamp, isRefused: Bool = false) -> [Action] {
    phase = .idle
    outage.note(failure)
    var actions: [Action] = []
    if isRefused, failure.isRefusal, let event = interruption(at: now, atOnce: true) {
      actions.append(.commit([event]))
    }
    return actions + [.finish(.failed(failure))]
  }

  /// Checks whether scans have been missing for too long. Call it regularly, and at once after a failure.
  ///
  /// - Parameter atOnce: whether it is already known that scans will be missing.
  /// - Returns: the events to commit, if any.
  package mutating func check(at now: Timestamp, atOnce: Bool = false) -> [Event] {
    interruption(at: now, atOnce: atOnce).map { [$0] } ?? []
  }
}

/// The urgency with which a conference is polled when the budget does not allow every poll.
extension ConferenceTracker {
  /// How long a room counts as busy after an event.
  static let busyTime: Duration = .seconds(30)

  /// How long a room must have been empty to be polled less often.
  static let idleAfter: Duration = .seconds(60)
  /// The minimum time between two polls of an empty room.
  static let idleInterval: Duration = .seconds(10)

  /// The time between two polls, given the state of the room.
  package var scheduledInterval: Duration {
    guard let emptySince, let last = room.lastScanEnd, last - emptySince >= Self.idleAfter else { return interval }
    return max(interval, Self.idleInterval)
  }

  /// Returns the requests that polls like the last one need.
  ///
  /// - Parameter pages: the requests for the list. If nobody is listed, the conference is asked about too.
  package func requestLoad(pages: Int) -> RequestBudget.Load {
    RequestBudget.Load(
      requests: emptySince == nil ? pages : pages + 1, every: scheduledInterval, interval: interval)
  }

  /// Returns whether something has just happened in the room, or a departure is in doubt.
  package func isBusy(at now: Timestamp) -> Bool {
    if !room.absences.isEmpty || !room.returning.isEmpty || !hasStarted { return true }
    return room.lastEventAt.map { now - $0 < Self.busyTime } ?? false
  }
}

extension ConferenceTracker {
  /// Records that scans are far apart although no poll failed: the machine slept, or its clock jumped.
  package mutating func interrupted(by reason: OutageReason) {
    switch reason {
    case .suspended: outage.note(Outage.Cause(reason: reason, error: "this machine or rollcall was suspended"))
    case .clockJump: outage.note(Outage.Cause(reason: reason, error: "this machine's clock was set forward"))
    case .pollFailed, .unauthorised, .throttled, .malformed, .diskFull, .stateBusy, .backpressure, .restart: break
    }
  }
}

extension Outage.Cause {
  /// Whether polls that fail right afterwards most likely fail because of it.
  var explainsFailures: Bool {
    switch reason {
    case .suspended, .clockJump: true
    case .pollFailed, .unauthorised, .throttled, .malformed, .diskFull, .stateBusy, .backpressure, .restart: false
    }
  }
}

extension ConferenceTracker {
  /// The changes since the room was saved.
  struct Unsaved: Sendable {
    var calls: Set<CallSID> = []
    /// When stays ended; nil for those that have been forgotten.
    private var ends: [SavedRoom.StayID: Timestamp?] = [:]
    /// The start of each raised alert; nil for those that were resolved.
    private var alerts: [Alert: Timestamp?] = [:]
    /// Whether the room includes events that have not been stored yet.
    var awaitsEvents = false

    /// Records which participants a scan changed.
    mutating func note(_ diff: ScanDiff, of scan: Scan) {
      calls.formUnion(diff.arrivals.keys)
      calls.formUnion(diff.departures.keys)
      calls.formUnion(diff.updates.keys)
      guard let page = scan.pages.first else { return }
      for row in diff.redated { calls.insert(page.callSID(of: row.new)) }
    }

    /// Records a stay that ended, and older ones forgotten to make room for it.
    mutating func note(_ stay: SavedRoom.EndedStay, forgetting others: [SavedRoom.EndedStay]) {
      ends.updateValue(stay.endedAt, forKey: stay.id)
      forget(others)
    }

    /// Records stays that have been forgotten.
    mutating func forget(_ stays: [SavedRoom.EndedStay]) {
      for stay in stays { ends.updateValue(nil, forKey: stay.id) }
    }

    /// Records alerts that are raised or resolved.
    mutating func note(_ decision: AlertTracker.Decision) {
      for (alert, _) in decision.resolved { alerts.updateValue(nil, forKey: alert) }
      for (alert, since) in decision.raised { alerts.updateValue(since, forKey: alert) }
    }

    var raisedAlerts: [SavedRoom.RaisedAlert] {
      alerts.sorted { $0.key < $1.key }.compactMap { alert, since in
        since.map { SavedRoom.RaisedAlert(alert, since: $0) }
      }
    }

    var resolvedAlerts: [Alert] { alerts.filter { $0.value == nil }.keys.sorted() }

    var endedStays: [SavedRoom.EndedStay] {
      ends.sorted { $0.key < $1.key }.compactMap { id, end in end.map { SavedRoom.EndedStay(id, endedAt: $0) } }
    }

    var forgottenStays: [SavedRoom.StayID] { ends.filter { $0.value == nil }.keys.sorted() }
  }

  /// Continues from a saved room: the time since is an outage, reported with the first complete scan.
  ///
  /// - Parameter reportsRestart: whether to report that outage.
  package mutating func resume(reportsRestart: Bool) {
    guard hasStarted else { return }
    outage.expectRestart(isReported: reportsRestart)
  }

  /// Returns, once, the changes that bring the stored room up to date.
  ///
  /// - Parameter events: the events stored with the changes. A scan's events and the room that results from it belong
  ///   together, so without these events nothing is returned between the two.
  /// - Returns: nil if no store keeps rooms, or before the first complete scan.
  package mutating func takeChanges(with events: [Event] = []) -> RoomChanges? {
    guard let unsaved, hasStarted, !unsaved.awaitsEvents || !events.isEmpty else { return nil }
    self.unsaved = Unsaved()
    var isOver = false
    if case .over = phase { isOver = true }
    var changes = room.changes(
      of: unsaved.calls, withRecords(unsaved.calls), endedStays: unsaved.endedStays,
      forgottenStays: unsaved.forgottenStays,
      isOver: isOver)
    // A store forgets all alerts of a conference that is over.
    if !isOver { (changes.raisedAlerts, changes.resolvedAlerts) = (unsaved.raisedAlerts, unsaved.resolvedAlerts) }
    return changes
  }

  /// Remembers a stay that ended.
  mutating func noteEnd(of person: Participant, at now: Timestamp) {
    let (stay, forgotten) = room.rememberEnd(of: person, at: now)
    unsaved?.note(stay, forgetting: forgotten)
  }

  /// Records which ended stays a scan still lists, and forgets those that have expired.
  mutating func updateEndedStays(_ diff: ScanDiff, at now: Timestamp) {
    var listed = (diff.isWhole ? nil : listedStays) ?? ListedStays()
    // Keeps a single reference, so that it is changed in place.
    listedStays = nil
    var hasLostRows = diff.isWhole
    if !listed.isEmpty {
      for call in diff.differing where listed.remove(room.redacted(call)) { hasLostRows = true }
    }
    for (call, date) in diff.listed where diff.arrivals[call] == nil {
      listed.add(room.redacted(call), dateCreated: date)
    }
    listedStays = listed
    let forgotten = room.forgetEnds(at: now, listed: listed, hasLostRows: hasLostRows)
    unsaved?.forget(forgotten)
  }
}
