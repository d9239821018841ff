package import RollcallCore

/// The ports through which one watch reaches the outside world. The simulation has its own.
package struct WatchPorts: Sendable {
  /// Requests to a running watch.
  package struct Signals: Sendable {
    /// Waits until the watch should end; returns false if the task was cancelled.
    let end: @Sendable () async -> Bool
    /// Yields an element each time all files must be read again.
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
  /// The transport of webhook requests.
  let webhooks: any HTTPTransport
  let store: RunStore
  /// What an earlier run stored; nil if the store keeps no rooms.
  package var saved: SavedStream?
  /// The output for lines, and their format; nil writes none.
  package var lines: (output: any LineOutput, format: any LineFormat)?
  /// The names of conferences and participants, shared with the line format that shows them; nil if none does.
  package var names: KnownNames?
  package var signals: Signals?
  /// Says when to poll a conference at once; nil if nothing does.
  package var hints: HintQueue?
  /// Reloads the files that only the caller knows about.
  package var reload: @Sendable () async -> Void = {}
  /// Shows a notice; called on the loop, and must not block.
  package var notify: @Sendable (WatchNotice) -> Void = { _ in }
  /// Receives a report every ``reportInterval``; nil if none is needed.
  package var report: (@Sendable (HealthReport) -> Void)?
  package var reportInterval: Duration = .seconds(1)
  /// Returns the number of bytes received from the space so far.
  package var receivedBytes: @Sendable () -> Int = { 0 }
  /// Called when watching is about to end and only delivery is left, possibly more than once. It must not block.
  package var ends: @Sendable () -> Void = {}
  /// Observes the polls; nil for no observer.
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

/// Observes the polls of a watch, step by step, on the loop.
package protocol PollObserver: Sendable {
  /// The next poll of a conference was scheduled, subject to the budget.
  func pollIsDue(_ conference: ConferenceSID, at moment: BootInstant)
  /// The conference's turn began.
  func turnBegan(_ conference: ConferenceSID)
  /// The conference gave up its turn without sending anything.
  func turnWaived(_ conference: ConferenceSID)
  /// The origin takes requests again, and the conferences that became due meanwhile are polled.
  func originOpened()
  /// A poll decided what to report, which is about to be stored.
  func pollDecided(_ conference: ConferenceSID, _ outcome: PollOutcome)
  /// A poll ended, and what it reported is stored.
  func pollEnded(_ conference: ConferenceSID, _ outcome: PollOutcome, _ tracker: ConferenceTracker)
}
