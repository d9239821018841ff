public import RollcallCore

/// The configuration of one watch.
package struct WatchConfiguration: Sendable {
  package var subject: WatchSubject
  package var settings: WatchSettings
  /// The time after which the watch ends by itself; nil for no limit.
  package var duration: Duration?
  /// The events that standard output gets; each webhook has a filter of its own.
  package var lines: EventFilter = .all
  /// The webhooks, and how to reload them.
  package var webhooks: WebhookSource = .none
  /// How long a state file keeps delivered events; nil keeps them forever.
  package var history: Duration?
  /// The maximum number of unwritten events before polling pauses; nil for the store's limit.
  package var maximumUnwritten: Int?
  /// Whether to keep writing lines until they are all written or their reader leaves, even long after watching has
  /// ended.
  package var waitsForReader = false

  package init(subject: WatchSubject, settings: WatchSettings) {
    self.subject = subject
    self.settings = settings
  }
}

/// Which conferences to watch.
public enum WatchSubject: Hashable, Sendable {
  /// Conferences named by sid: at least one, each once, in the order given.
  case conferences([ConferenceSID])
  /// The conferences that discovery finds.
  case found(ConferenceSelection)

  /// Every conference of the account that is in progress or begins later. Such a watch does not end by itself.
  public static let all = WatchSubject.found(.all)

  /// Returns one conference, watched until it ends.
  public static func conference(_ sid: ConferenceSID) -> WatchSubject { .conferences([sid]) }

  /// Returns the conferences with exactly this friendly name, watched until all that were found have ended.
  public static func named(_ name: String) -> WatchSubject { .found(.named(name)) }

  /// Returns the conferences whose friendly name matches a pattern, in which `*` stands for any text and `?` for one
  /// character. Such a watch does not end by itself.
  public static func matching(_ pattern: String) -> WatchSubject { .found(.matching(Glob(pattern))) }

  /// The conferences named by sid.
  package var conferences: [ConferenceSID] {
    switch self {
    case .conferences(let conferences): conferences
    case .found: []
    }
  }

  /// Returns the subject without conferences that have ended.
  func without(_ over: Set<ConferenceSID>) -> WatchSubject {
    switch self {
    case .conferences(let conferences): .conferences(conferences.filter { !over.contains($0) })
    case .found: self
    }
  }
}

/// What an earlier run stored for this one to continue from.
package struct SavedStream: Sendable {
  package private(set) var rooms: [ConferenceSID: Room] = [:]
  /// The known details of participants' calls.
  package private(set) var calls: [ConferenceSID: [SavedRoom.Call]] = [:]
  /// Conferences whose end has been reported.
  package private(set) var over: Set<ConferenceSID> = []
  /// The names of conferences, including ended ones, because their events may not be delivered yet.
  package private(set) var friendlyNames: [ConferenceSID: String] = [:]

  /// The last complete discovery answer to each question.
  package private(set) var discoveries: [String: SavedDiscovery] = [:]

  /// - Throws: ``StoreFailure`` if a participant's record is unreadable.
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
        throw StoreFailure(.damaged, "the record of a participant in it is unreadable")
      }
    }
  }
}

/// How to watch conferences.
package struct WatchSettings: Sendable {
  /// The maximum time spent trying to get the first complete scan.
  static let startTime = ConferenceDiscovery.startTime
  /// The same limit for a sid with `--wait`, because the provider may not list the conference yet.
  static let waitForSID: Duration = .seconds(60)

  package var interval: Duration
  /// The maximum number of requests per second to the origin.
  package var requestsPerSecond = RequestBudget.standard
  /// The time between two discovery requests.
  package var discoveryInterval: Duration = .seconds(5)
  /// The part of the conferences that this process watches; nil for all of them.
  package var shard: Shard?
  package var confirmsLeft: Bool
  package var scansOnce: Bool
  package var waits: Bool
  /// Whether to look up each participant's call, so that events name caller and called party; a reload may turn it on.
  package var asksForCalls: @Sendable () -> Bool = { false }
  /// The conditions that raise alerts, each with a name of its own.
  package var alerts: [AlertCondition] = []
  /// The time between two `watch.heartbeat` events; nil for none.
  package var heartbeat: Duration?
  /// Shows a notice; called on the loop, and must not block.
  package var show: @Sendable (PollNotice) -> Void = { _ in }
  /// Why polling must pause now, for example because nobody reads earlier events; nil if it need not.
  package var pauseReason: @Sendable () -> OutageReason? = { nil }
  /// Why commits must wait for the store now; nil if they need not. A conference is polled until its commit waits.
  package var storeObstacle: @Sendable () -> OutageReason? = { nil }
  /// Called when watching ends by itself, to limit how long commits may still wait for the store.
  package var endsWaiting: @Sendable () async -> Void = {}
  /// The saved rooms, by conference; nil if no store keeps rooms.
  package var saved: [ConferenceSID: Room]?
  /// The call details that earlier runs looked up, by conference.
  package var savedCalls: [ConferenceSID: [SavedRoom.Call]] = [:]
  /// Conferences whose end has been reported, which are not watched again.
  package var over: Set<ConferenceSID> = []
  /// The last complete discovery answer to each question that earlier runs asked.
  package var discoveries: [String: SavedDiscovery] = [:]
  /// The redaction of events; nil if nothing is redacted. Participants who left are remembered by their redaction
  /// tokens.
  package var redaction: Redaction?

  /// Creates settings. Only the interval is required. Set everything else, and any new value, by assignment.
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

  /// Returns the known calls of a room's participants at the start; nil if calls are not looked up.
  func book(of room: Room) -> CallBook? {
    guard asksForCalls() else { return nil }
    return CallBook(people: room.participants.keys, saved: savedCalls[room.conference] ?? [])
  }

  /// Whether an earlier run saved rooms, whose outage this run has to report.
  var hasSavedRooms: Bool { saved?.isEmpty == false }

  /// Returns how long the first complete scan of a conference may take; nil for no limit.
  func startTime(of origin: ConferenceTracker.Origin) -> Duration? {
    if scansOnce { return Self.startTime }
    guard waits else { return origin.isLater ? nil : Self.startTime }
    return origin == .named ? Self.waitForSID : nil
  }
}

extension ConferenceTracker.Origin {
  /// Whether the conference was found after the start of the run, so that the rules of the start do not apply to it.
  var isLater: Bool {
    switch self {
    case .named, .foundAtStart: false
    case .foundLater: true
    }
  }
}
