package import RollcallCore
import Synchronization

/// The world around one watch. A simulation has one of its own.
package struct WatchPorts: Sendable {
  /// What asks a watch for something while it runs.
  package struct Signals: Sendable {
    /// Waits until the watch is to end; false where the task was cancelled.
    let end: @Sendable () async -> Bool
    /// One element for each time that everything in files is to be read again.
    let reload: AsyncStream<Void>

    package init(end: @escaping @Sendable () async -> Bool, reload: AsyncStream<Void>) {
      self.end = end
      self.reload = reload
    }
  }

  let loop: EventLoop
  let clock: StreamClock
  /// The provider, with the transport that carries the polls.
  let api: ConferenceAPI
  /// Carries what is posted to webhooks.
  let webhooks: any HTTPTransport
  let store: RunStore
  /// What the store has of an earlier run; nil where it keeps no rooms.
  package var saved: SavedStream?
  /// Where lines go, and how events are written; nil writes none.
  package var lines: (output: any LineOutput, format: any LineFormat)?
  /// What events have said of conferences and people, shared with a line format that calls them by name; nil if none does.
  package var names: KnownNames?
  package var signals: Signals?
  /// Says when to look at a conference at once; nil if nothing does.
  package var hints: HintQueue?
  /// Reads again what the watch does not know of, when it is told to read everything again.
  package var reload: @Sendable () async -> Void = {}
  /// Gets what people should know; called on the loop, and must not block.
  package var notify: @Sendable (WatchNotice) -> Void = { _ in }
  /// Gets a report once a second; nil where nobody asks.
  package var report: (@Sendable (HealthReport) -> Void)?
  /// How many bytes the space's replies had so far.
  package var receivedBytes: @Sendable () -> Int = { 0 }
  /// Called when watching is about to end, and all that is left is to deliver; more than once perhaps. It must not block.
  package var ends: @Sendable () -> Void = {}
  /// Follows the polls; nil where nobody does.
  package var observer: (any PollObserver)?

  package init(
    loop: EventLoop, clock: StreamClock, api: ConferenceAPI, webhooks: any HTTPTransport, store: RunStore
  ) {
    self.loop = loop
    self.clock = clock
    self.api = api
    self.webhooks = webhooks
    self.store = store
  }
}

/// Follows the polls of a watch, step by step, on the loop.
package protocol PollObserver: Sendable {
  /// A conference is polled next at a moment, if the budget allows.
  func pollIsDue(_ conference: ConferenceSID, at moment: BootInstant)
  /// Its turn has come.
  func turnBegan(_ conference: ConferenceSID)
  /// It sends nothing in its turn.
  func turnWaived(_ conference: ConferenceSID)
  /// The origin, which could not be asked, is asked again by those whose turn has come meanwhile.
  func originOpened()
  /// A poll has decided what to report, which is about to be stored.
  func pollDecided(_ conference: ConferenceSID, _ outcome: PollOutcome)
  /// A poll is over, and what it reported is stored.
  func pollEnded(_ conference: ConferenceSID, _ outcome: PollOutcome, _ tracker: ConferenceTracker)
}

/// How many requests there were since somebody last looked.
final class RequestCount: Sendable {
  private let count = Atomic(0)

  func add() { count.add(1, ordering: .relaxed) }

  /// Begins anew, and gives what there was.
  func take() -> Int { count.exchange(0, ordering: .relaxed) }
}

/// Counts the requests of one of those who send them.
struct CountedTransport: HTTPTransport {
  let base: any HTTPTransport
  let count: RequestCount

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    count.add()
    return try await base.send(request)
  }
}
