package import RollcallCore

/// How conferences are watched.
package struct WatchSettings: Sendable {
  /// How long the first complete scan is tried for.
  static let startTime = Discovery.startTime
  /// The same for a sid that is waited for: the provider may not know it yet, since lists lag.
  static let waitForSID: Duration = .seconds(60)

  package var interval: Duration
  /// Requests that the origin is sent at the most.
  package var requestsPerSecond = RequestBudget.standard
  /// Between two looks for conferences, where they are not named by sid.
  package var discoveryInterval: Duration = .seconds(5)
  /// The part of the conferences found that is this process's; nil for all of them.
  package var shard: Shard?
  package var confirmsLeft: Bool
  package var scansOnce: Bool
  package var waits: Bool
  /// Whether the call of everybody who comes is asked for, so that events say who calls whom.
  package var asksForCalls = false
  /// How often a `watch.heartbeat` is told; nil where none is.
  package var heartbeat: Duration?
  /// Gets what people should know; called on the loop, and must not block.
  package var tell: @Sendable (PollNotice) -> Void = { _ in }
  /// Why nothing may be polled now, as where the events of earlier polls have found no reader; nil where it may.
  package var heldBack: @Sendable () -> OutageReason? = { nil }
  /// Why commits wait for the store now; nil where none does. Conferences go on being polled until they have one.
  package var storeObstacle: @Sendable () -> OutageReason? = { nil }
  /// Called when watching ends by itself: commits that still wait for the store are to be given up soon.
  package var endsWaiting: @Sendable () async -> Void = {}
  /// The rooms as a store has kept them, by conference; nil where none keeps rooms.
  package var saved: [ConferenceSID: Room]?
  /// What earlier runs were told of the calls of those people, by conference.
  package var savedCalls: [ConferenceSID: [SavedRoom.Call]] = [:]
  /// Conferences whose end has been told: they are over for good.
  package var over: Set<ConferenceSID> = []
  /// The last complete answer of discovery to each question that earlier runs have asked.
  package var discoveries: [String: SavedDiscovery] = [:]
  /// What events do not show; nil where they show everything. Who has left is remembered by the token.
  package var redaction: Redaction?

  package init(
    interval: Duration, confirmsLeft: Bool = true, scansOnce: Bool = false, waits: Bool = false,
    heartbeat: Duration? = nil
  ) {
    self.interval = interval
    self.confirmsLeft = confirmsLeft
    self.scansOnce = scansOnce
    self.waits = waits
    self.heartbeat = heartbeat
  }

  /// What is known of the calls of a room's people at the beginning; nil where calls are not asked for.
  func book(of room: Room) -> CallBook? {
    guard asksForCalls else { return nil }
    return CallBook(people: room.participants.keys, saved: savedCalls[room.conference] ?? [])
  }

  /// Whether earlier runs have left rooms that somebody relies on.
  var hasSavedRooms: Bool { saved?.isEmpty == false }

  /// How long the first complete scan of a conference may take; nil where it is waited for.
  func startTime(of origin: ConferenceTracker.Origin) -> Duration? {
    if scansOnce { return Self.startTime }
    guard waits else { return origin.isLater ? nil : Self.startTime }
    return origin == .named ? Self.waitForSID : nil
  }
}

extension ConferenceTracker.Origin {
  /// Whether the conference was found after the run's start, whose rules are not for it.
  var isLater: Bool {
    switch self {
    case .named, .foundAtStart: false
    case .foundLater: true
    }
  }
}
