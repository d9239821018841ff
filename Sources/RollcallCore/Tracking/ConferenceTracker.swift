/// Decides what to ask about one conference, what to believe of the answers, and what to tell.
///
/// A reducer: each input returns the actions that the caller performs. It has no clock and no socket, so the same code
/// runs in the command, in a server, and in the simulation. Presence in a valid reply is proof; absence never is.
package struct ConferenceTracker: Sendable {
  /// How watching of the conference began.
  package enum Origin: Sendable, Equatable {
    /// Named by its sid.
    case named
    /// In the first complete answer of discovery: its people are a baseline.
    case foundAtStart
    /// Found later: its people have joined since the last complete answer without it.
    case foundLater(after: Timestamp?)
  }

  package enum Action: Sendable, Equatable {
    /// Fetch one page; nil is the first one. The earlier page to compare it with is ``ConferenceTracker/page(at:)``.
    case fetchPage(query: String?, ordinal: Int)
    case fetchParticipant(CallSID)
    case fetchConference
    /// Call ``ConferenceTracker/deadlinePassed(at:)`` then, unless the poll is over.
    case setDeadline(Timestamp)
    /// Warn people, once for each conference, that its participants count as in the room although all are `completed`.
    case warnOfStatuses
    case commit([Event])
    case finish(PollOutcome)
  }

  /// All confirmations of one poll together.
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
  /// Whether somebody absent is asked for before they are told to have left.
  let confirmsLeft: Bool
  let interval: Duration
  /// The longest time between two polls that schedule and budget allow.
  package var intervalInForce: Duration
  let version: String
  var phase: Phase = .idle
  /// The pages of the last complete scan, and the query after each.
  var pages: [Page] = []
  /// The statuses of ``pages``, where they are not known to be live.
  var statuses = StatusTally()
  /// Since when complete scans have shown nobody; nil where the last one has shown somebody, and before the first.
  var emptySince: Timestamp?
  /// What the last complete scan listed of people who are not in the room; nil before the first of this run.
  var listedStays: ListedStays?
  var hasWarnedOfStatuses = false
  /// How many people of the room have their record in the last page alone.
  var listedCount = 0
  var outage = Outage()
  var alerts: AlertTracker
  /// What a store does not know yet; nil where none keeps rooms.
  var unsaved: Unsaved?

  /// - Parameters:
  ///   - saved: the room as a store has kept it, to go on with.
  ///   - keepsRoom: whether ``takeChanges()`` is going to be asked for.
  ///   - redaction: what events do not show; those who left are remembered by its tokens.
  ///   - alerts: the conditions that raise alerts, no two with one name.
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

  /// Whether the first complete scan has been told.
  package var hasStarted: Bool { room.lastScanStart != nil }

  /// The page of the last complete scan that a new one is compared with.
  package func page(at ordinal: Int) -> Page? { pages.indices.contains(ordinal) ? pages[ordinal] : nil }

  /// Begins a poll.
  package mutating func begin(at now: Timestamp) -> [Action] {
    guard case .idle = phase else { return [] }
    phase = .scanning(Scan(start: now))
    return [.fetchPage(query: nil, ordinal: 0)]
  }

  /// Takes a page that had been received whole at `now`.
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

  /// Takes the failure of a page.
  package mutating func failed(_ failure: ScanFailure, at now: Timestamp) -> [Action] {
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
    return giveUp(failure, at: now)
  }

  /// Ends a poll that says nothing.
  mutating func giveUp(_ failure: ScanFailure, at now: Timestamp) -> [Action] {
    phase = .idle
    outage.note(failure)
    var actions: [Action] = []
    if outage.isRefused, let draft = interruption(at: now, atOnce: true) { actions.append(.commit([draft])) }
    return actions + [.finish(.failed(failure))]
  }

  /// Looks whether scans have been missing for too long. Call it now and then, and at once after a failure.
  ///
  /// - Parameter atOnce: whether it is known already that they are going to be missing.
  /// - Returns: what to commit, if there is something to tell.
  package mutating func check(at now: Timestamp, atOnce: Bool = false) -> [Event] {
    interruption(at: now, atOnce: atOnce).map { [$0] } ?? []
  }
}

/// How eagerly a conference is polled where not all can be polled as often as asked for.
extension ConferenceTracker {
  /// For so long after an event a room counts as busy.
  static let busyTime: Duration = .seconds(30)

  /// A room that has been empty for so long is polled less often.
  static let idleAfter: Duration = .seconds(60)
  /// How often, where its conference is not polled more rarely anyway.
  static let idleInterval: Duration = .seconds(10)

  /// The time between two polls that the room calls for.
  package var scheduledInterval: Duration {
    guard let emptySince, let last = room.lastScanEnd, last - emptySince >= Self.idleAfter else { return interval }
    return max(interval, Self.idleInterval)
  }

  /// What polls like the last one take.
  ///
  /// - Parameter pages: requests for the list. Where nobody is listed, the conference itself is asked too.
  package func load(pages: Int) -> RequestBudget.Load {
    RequestBudget.Load(
      requests: emptySince == nil ? pages : pages + 1, every: scheduledInterval, interval: interval)
  }

  /// Whether something has just happened in the room, or somebody's departure is in doubt.
  package func isBusy(at now: Timestamp) -> Bool {
    if !room.absences.isEmpty || !room.returning.isEmpty || !hasStarted { return true }
    return room.lastEventAt.map { now - $0 < Self.busyTime } ?? false
  }
}

extension ConferenceTracker {
  /// Takes note that scans are far apart though no poll has failed: the machine slept, or its clock jumped.
  package mutating func interrupted(by reason: OutageReason) {
    switch reason {
    case .suspended: outage.note(Outage.Cause(reason: reason, error: "this machine or rollcall was suspended"))
    case .clockJump: outage.note(Outage.Cause(reason: reason, error: "this machine's clock was set forward"))
    case .pollFailed, .unauthorised, .throttled, .malformed, .diskFull, .stateBusy, .backpressure, .restart: break
    }
  }
}

extension Outage.Cause {
  /// Whether polls that fail right after it most likely fail because of it.
  var explainsFailures: Bool {
    switch reason {
    case .suspended, .clockJump: true
    case .pollFailed, .unauthorised, .throttled, .malformed, .diskFull, .stateBusy, .backpressure, .restart: false
    }
  }
}

extension ConferenceTracker {
  /// What is different since the room was saved.
  struct Unsaved: Sendable {
    var calls: Set<CallSID> = []
    /// When stays ended; nil for those that are of no interest any longer.
    private var ends: [SavedRoom.StayID: Timestamp?] = [:]
    /// The start of each alert that was raised; nil for those that were resolved.
    private var alerts: [Alert: Timestamp?] = [:]
    /// Whether the room is ahead of what has been stored by events that are about to be.
    var awaitsEvents = false

    /// Notes whom a scan has moved.
    mutating func note(_ findings: ScanDiff, of scan: Scan) {
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

    /// Notes alerts that are raised or resolved.
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
  package mutating func takeChanges(with drafts: [Event] = []) -> RoomChanges? {
    guard let unsaved, hasStarted, !unsaved.awaitsEvents || !drafts.isEmpty else { return nil }
    self.unsaved = Unsaved()
    var isOver = false
    if case .over = phase { isOver = true }
    var changes = room.changes(
      of: unsaved.calls, held(unsaved.calls), endedStays: unsaved.endedStays, forgottenStays: unsaved.forgottenStays,
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

  /// Notes which stays that have ended a scan still lists, and forgets those whose time is over.
  mutating func keepEnds(_ findings: ScanDiff, at now: Timestamp) {
    var listed = (findings.isWhole ? nil : listedStays) ?? ListedStays()
    // Held once, so that it is changed in place.
    listedStays = nil
    var hasLostRows = findings.isWhole
    if !listed.isEmpty {
      for call in findings.differing where listed.remove(room.redacted(call)) { hasLostRows = true }
    }
    for (call, date) in findings.listed where findings.arrivals[call] == nil {
      listed.add(room.redacted(call), dateCreated: date)
    }
    listedStays = listed
    let forgotten = room.forgetEnds(at: now, listed: listed, hasLostRows: hasLostRows)
    unsaved?.forget(forgotten)
  }
}
