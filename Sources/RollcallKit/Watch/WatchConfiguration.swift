package import RollcallCore

/// What one watch is to do.
package struct WatchConfiguration: Sendable {
  package var subject: WatchSubject
  package var settings: WatchSettings
  /// The time after which the watch ends by itself; nil for no such time.
  package var duration: Duration?
  /// The events that standard output gets; each webhook has a filter of its own.
  package var lines: EventSelection = .all
  /// The webhooks, and the way to read them again.
  package var webhooks: WebhookSource = .none
  /// How long delivered events stay in a store that lasts; nil keeps them.
  package var history: Duration?
  /// Events that standard output may be behind before polls pause; nil for what the store allows.
  package var maximumUnwritten: Int?

  package init(subject: WatchSubject, settings: WatchSettings) {
    self.subject = subject
    self.settings = settings
  }
}

/// Which conferences are watched.
package enum WatchSubject: Hashable, Sendable {
  /// At least one, each once, in the order given.
  case conferences([ConferenceSID])
  /// Those that discovery finds.
  case found(ConferenceSelection)

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
