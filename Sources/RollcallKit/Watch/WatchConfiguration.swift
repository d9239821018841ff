public import RollcallCore

/// What one watch is to do.
package struct WatchConfiguration: Sendable {
  package var subject: WatchSubject
  package var settings: WatchSettings
  /// The time after which the watch ends by itself; nil for no such time.
  package var duration: Duration?
  /// The events that standard output gets; each webhook has a filter of its own.
  package var lines: EventFilter = .all
  /// The webhooks, and the way to read them again.
  package var webhooks: WebhookSource = .none
  /// How long delivered events stay in a store that lasts; nil keeps them.
  package var history: Duration?
  /// Events that standard output may be behind before polls pause; nil for what the store allows.
  package var maximumUnwritten: Int?
  /// Whether lines are written for as long as their reader is there, however long the run has been over.
  package var waitsForReader = false

  package init(subject: WatchSubject, settings: WatchSettings) {
    self.subject = subject
    self.settings = settings
  }
}

/// Which conferences are watched.
public enum WatchSubject: Hashable, Sendable {
  /// At least one, each once, in the order given.
  case conferences([ConferenceSID])
  /// Those that discovery finds.
  case found(ConferenceSelection)

  /// Every conference of the account that is in progress, or begins later. The watch has no end of its own.
  public static let all = WatchSubject.found(.all)

  /// One conference, until it is over.
  public static func conference(_ sid: ConferenceSID) -> WatchSubject { .conferences([sid]) }

  /// The conferences of exactly this friendly name, until those that were found are over.
  public static func named(_ name: String) -> WatchSubject { .found(.named(name)) }

  /// The conferences whose friendly name matches a pattern, in which `*` stands for any text and `?` for one character.
  /// The watch has no end of its own.
  public static func matching(_ pattern: String) -> WatchSubject { .found(.matching(Glob(pattern))) }

  /// The conferences that are named by sid.
  package var conferences: [ConferenceSID] {
    switch self {
    case .conferences(let conferences): conferences
    case .found: []
    }
  }

  /// Returns the same less conferences that are over for good.
  func without(_ over: Set<ConferenceSID>) -> WatchSubject {
    switch self {
    case .conferences(let conferences): .conferences(conferences.filter { !over.contains($0) })
    case .found: self
    }
  }
}

/// What an earlier run has stored for this one to go on with.
package struct SavedStream: Sendable {
  package private(set) var rooms: [ConferenceSID: Room] = [:]
  /// What was learnt of the participants' calls.
  package private(set) var calls: [ConferenceSID: [SavedRoom.Call]] = [:]
  /// Conferences whose end has been reported.
  package private(set) var over: Set<ConferenceSID> = []
  /// What conferences are called, those included that are over: events of theirs may not be delivered yet.
  package private(set) var friendlyNames: [ConferenceSID: String] = [:]

  /// The last complete answer of discovery to each question.
  package private(set) var discoveries: [String: SavedDiscovery] = [:]

  /// - Throws: ``StoreFailure`` where a record cannot be read.
  package init(_ saved: [SavedRoom] = [], discoveries: [SavedDiscovery] = []) throws(StoreFailure) {
    for answer in discoveries { self.discoveries[answer.question] = answer }
    for saved in saved {
      friendlyNames[saved.head.conference] = saved.head.friendlyName
      if saved.head.isOver {
        over.insert(saved.head.conference)
      } else if let room = Room(saved) {
        rooms[saved.head.conference] = room
        calls[saved.head.conference] = saved.calls
      } else {
        throw StoreFailure(.damaged, "a person's record in it cannot be read")
      }
    }
  }
}

/// How conferences are watched.
package struct WatchSettings: Sendable {
  /// How long the first complete scan is tried for.
  static let startTime = ConferenceDiscovery.startTime
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
  /// Whether the call of everybody who comes is asked for, so that events say who calls whom; a reload may turn it on.
  package var asksForCalls: @Sendable () -> Bool = { false }
  /// The states that raise alerts, no two with one name.
  package var alerts: [AlertCondition] = []
  /// How often a `watch.heartbeat` is told; nil where none is.
  package var heartbeat: Duration?
  /// Gets what people should know; called on the loop, and must not block.
  package var tell: @Sendable (PollNotice) -> Void = { _ in }
  /// Why nothing may be polled now, as where the events of earlier polls have found no reader; nil where it may.
  package var pauseReason: @Sendable () -> OutageReason? = { nil }
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
    guard asksForCalls() else { return nil }
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
