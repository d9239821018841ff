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
    case commit([EventDraft])
    case finish(PollOutcome)
  }

  /// All confirmations of one poll together.
  package static let confirmationTime: Duration = .seconds(2)
  package static let maximumConfirmationsInFlight = 8

  enum Phase: Sendable {
    case idle
    case scanning(Scan)
    case asking(Inquiry)
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
  /// What a store does not know yet; nil where none keeps rooms.
  var unsaved: Unsaved?

  /// - Parameters:
  ///   - saved: the room as a store has kept it, to go on with.
  ///   - keepsRoom: whether ``takeChanges()`` is going to be asked for.
  ///   - redaction: what events do not show; those who left are remembered by its tokens.
  package init(
    conference: ConferenceSID, friendlyName: String? = nil, origin: Origin, saved: Room? = nil, keepsRoom: Bool = false,
    redaction: Redaction? = nil, confirmsLeft: Bool = true, interval: Duration, version: String
  ) {
    room = saved ?? Room(conference: conference)
    room.redaction = redaction
    // A room that was first watched by its sid has no name yet.
    if let friendlyName { room.friendlyName = friendlyName }
    if keepsRoom { unsaved = Unsaved() }
    self.origin = origin
    self.confirmsLeft = confirmsLeft
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
      return ask(about: scan, Findings(receivedAt: now), conference: true, at: now)
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
  package mutating func check(at now: Timestamp, atOnce: Bool = false) -> [EventDraft] {
    interruption(at: now, atOnce: atOnce).map { [$0] } ?? []
  }
}
