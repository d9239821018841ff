package import RollcallCore

/// Posts events to one webhook: performs what its ``DeliveryQueue`` decides. The bytes stay in the store until they are sent.
package actor WebhookSink {
  enum Input: Sendable {
    case stored
    case finished(Delivery, DeliveryOutcome, rest: Duration?)
    case fetched(ConferenceSID?, [EventReference], isEnd: Bool)
    case timer
    case note
    case readAgain
    case drain(until: Timestamp)
    case retire
  }

  /// Events that wait for a webhook where nothing else is said; the oldest beyond it are given up.
  package static let bound = DeliveryLimits.boundInMemory
  static let batch = 256
  /// Between two questions to a store that cannot be read.
  static let readPause = Duration.seconds(1)
  /// How long the store may not know how far the target is, and for each lane that is behind so much longer: all of them
  /// are written each time.
  private static let noteDelay = Duration.milliseconds(20)
  private static let noteDelayPerLane = Duration.microseconds(100)

  package nonisolated let target: WebhookTarget
  let loop: EventLoop
  let clock: StreamClock
  let store: any EventStore
  let transport: any HTTPTransport
  /// What the target's filter lets through and its format has words for.
  let selection: EventFilter
  let tell: @Sendable (WebhookNotice) -> Void
  let damages: DamageLog
  let known: KnownNames
  private let source: @Sendable () -> WebhookTarget?
  /// The target with the secrets that were read last.
  private(set) var current: WebhookTarget
  private let limits: DeliveryLimits
  private let inputs: AsyncStream<Input>
  let input: AsyncStream<Input>.Continuation

  private(set) var queue: DeliveryQueue
  private var random: Jitter
  private var deadline: Timestamp?
  /// When a store that cannot be read yet is asked no more, since a drain is over then; nil for never.
  private var lastRead: Timestamp?
  /// Whether what the store has could not be read, and is to be read again.
  private var isUnread = false
  /// Whether nothing new is begun.
  private(set) var isRetiring = false
  /// Requests whose end the queue has yet to hear of.
  var attempts = 0
  private var hasNews = false
  /// Whether the store has events that the queue has no room for.
  private var isHeldUp = false
  private var isNoteDue = false
  /// When the queue wants to be woken, and the timer for it; nil where it has no need.
  var alarm: (timer: SleepTimer, moment: Timestamp)?
  /// Whether more is done than the store knows.
  var hasProgress = false
  var hasOverflowed = false
  /// What was answered to attempts that are not to be made again, by their first event.
  var refusals: [UInt64: String] = [:]
  /// What a target that wants no more events has answered.
  var lastWord = ""
  /// Whether the last attempt failed.
  package internal(set) var isFailing = false
  var tally = Tally()

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - bound: undelivered events that are kept.
  ///   - limits: nil for those that fit the store.
  ///   - known: what messages call conferences and people.
  ///   - source: reads the target's secrets again; nil keeps those there are.
  ///   - tell: gets what people should know; called on the loop, and must not block.
  init(
    _ target: WebhookTarget, on loop: EventLoop, clock: StreamClock, store: any EventStore,
    transport: any HTTPTransport, bound: Int = bound, limits: DeliveryLimits? = nil, damages: DamageLog = DamageLog(),
    known: KnownNames = KnownNames(), source: @escaping @Sendable () -> WebhookTarget? = { nil },
    tell: @escaping @Sendable (WebhookNotice) -> Void
  ) {
    self.target = target
    self.known = known
    current = target
    self.source = source
    self.loop = loop
    random = loop.jitter()
    self.clock = clock
    self.store = store
    self.transport = transport
    selection = target.wanted
    self.limits = limits ?? (store.isInMemory ? .inMemory(undelivered: bound) : .inFile(undelivered: bound))
    self.tell = tell
    self.damages = damages
    queue = DeliveryQueue(maximumAge: target.maximumAge, pace: target.format.pace, limits: self.limits)
    (inputs, input) = AsyncStream.makeStream(of: Input.self)
  }

  /// What has become of the events so far.
  package var report: Tally {
    var report = tally
    report.undelivered = isUnread ? max(queue.undelivered, store.undelivered(to: target.name)) : queue.undelivered
    return report
  }

  /// Says that the store has more events.
  package func notice() {
    guard !hasNews else { return }
    hasNews = true
    input.yield(.stored)
  }

  /// Reads the secrets again.
  func renewSecrets() {
    if let fresh = source() { renew(fresh) }
  }

  /// Has attempts from now on go to the target as it is now. One of another name is another one, and not taken over.
  package func renew(_ fresh: WebhookTarget) {
    if fresh.name == target.name { current = fresh }
  }

  /// Has ``run()`` return once what is in flight has ended; another sink may go on from there.
  package func retire() {
    isRetiring = true
    input.yield(.retire)
  }

  /// Has ``run()`` deliver what the store holds and return, at the moment given at the latest. A later call can only
  /// bring that moment forward.
  package func drain(until moment: Timestamp) {
    lastRead = min(lastRead ?? moment, moment)
    input.yield(.drain(until: moment))
  }

  /// Delivers until a drain is over or the task is cancelled; what is in flight then counts as undelivered.
  package func run() async {
    guard await resume() else { return }
    await withDiscardingTaskGroup { group in
      for action in queue.wake(at: clock.now) { await perform(action, &group) }
      for await next in inputs {
        for action in await take(next, &group) { await perform(action, &group) }
        if isHeldUp, queue.hasRoom { moreIsStored() }
        noteSoon(&group)
        if isDone { break }
      }
      group.cancelAll()
    }
    await note()
  }

  /// Goes on where an earlier run has ended, however long the store does not tell where that is.
  ///
  /// - Returns: false where it has not told until the end: nothing has been delivered then, and nothing is lost.
  private func resume() async -> Bool {
    isUnread = true
    while !Task.isCancelled, !isRetiring, lastRead.map({ clock.now < $0 }) ?? true {
      do throws(StoreFailure) {
        let cursor = try await store.cursor(of: target.name)
        var stored: [ConferenceSID?: Int] = [:]
        for (lane, done) in cursor.behind {
          stored[lane] = try await store.count(
            in: LaneSpan(lane: lane, after: done, through: cursor.taken), of: selection)
        }
        queue = DeliveryQueue(
          maximumAge: target.maximumAge, pace: target.format.pace, limits: limits, resuming: cursor,
          stored: stored)
        isUnread = false
        return true
      } catch {
        try? await loop.sleep(for: Self.readPause)
      }
    }
    return false
  }

  private var isDone: Bool {
    if isRetiring, attempts == 0 { return true }
    guard let deadline, !hasNews else { return false }
    return clock.now >= deadline || !queue.hasWork && !isUnread
  }

  private func take(_ next: Input, _ group: inout DiscardingTaskGroup) async -> [DeliveryAction] {
    switch next {
    case .stored:
      await takeEvents(&group)
      return []
    case .finished(let delivery, let outcome, let rest):
      attempts -= 1
      return queue.finished(delivery, outcome, resting: rest, at: clock.now, using: &random)
    case .fetched(let lane, let events, let isEnd):
      return queue.refilled(lane, events, isEnd: isEnd, at: clock.now)
    case .timer: return queue.wake(at: clock.now)
    case .note:
      isNoteDue = false
      await note()
      return []
    case .readAgain:
      isUnread = false
      await takeEvents(&group)
      return []
    case .drain(let moment):
      await takeEvents(&group)
      let end = min(deadline ?? moment, moment)
      deadline = end
      group.addTask { await self.endDrain(at: end) }
      return queue.beginDrain(at: clock.now, deadline: end)
    case .retire:
      isRetiring = true
      return []
    }
  }

  /// Takes some of what the store holds beyond the last event taken, and sees to it that the rest is taken after whatever
  /// else is to be done.
  private func takeEvents(_ group: inout DiscardingTaskGroup) async {
    guard !isRetiring else { return }
    hasNews = false
    isHeldUp = !queue.hasRoom
    guard !isHeldUp else { return await caughtUp(&group) }
    let events: [StoredEvent]
    do throws(StoreFailure) {
      events = try await store.events(after: queue.newest, limit: Self.batch)
    } catch {
      return readAgainSoon(&group)
    }
    for event in events {
      guard queue.hasRoom else {
        isHeldUp = true
        return await caughtUp(&group)
      }
      let isWanted = selection.accepts(event)
      let actions =
        isWanted ? queue.offer(EventReference(event), at: clock.now) : queue.skip(through: event.sequence)
      hasProgress = true
      for action in actions { await perform(action, &group) }
      // Nothing more can come of it.
      if event.type == .conferenceEnded, let over = event.conference { queue.close(lane: over) }
    }
    // A commit is stored as one, so where there is nothing more the last poll is here as a whole.
    guard events.count == Self.batch else { return await caughtUp(&group) }
    moreIsStored()
    await Task.yield()
  }

  /// What could not be read is neither delivered nor lost.
  private func readAgainSoon(_ group: inout DiscardingTaskGroup) {
    guard !isUnread else { return }
    isUnread = true
    group.addTask {
      try? await self.loop.sleep(for: Self.readPause)
      self.input.yield(.readAgain)
    }
  }

  private func caughtUp(_ group: inout DiscardingTaskGroup) async {
    for action in queue.caughtUp(at: clock.now) { await perform(action, &group) }
  }

  private func moreIsStored() {
    isHeldUp = false
    notice()
  }

  private func noteSoon(_ group: inout DiscardingTaskGroup) {
    guard hasProgress, !isNoteDue else { return }
    isNoteDue = true
    let delay = Self.noteDelay + Self.noteDelayPerLane * queue.busyLaneCount
    group.addTask {
      try? await self.loop.sleep(for: delay)
      self.input.yield(.note)
    }
  }

  private func note() async {
    guard hasProgress else { return }
    hasProgress = false
    store.saveCursor(queue.cursor, of: target.name)
  }
}

extension WebhookSink {
  /// What became of the events.
  package struct Tally: Sendable, Equatable {
    package var delivered = 0
    package var deadLetters = 0
    package var undelivered = 0
    /// Attempts after which the event had to wait.
    package var failedAttempts = 0

    package init(delivered: Int = 0, deadLetters: Int = 0, undelivered: Int = 0, failedAttempts: Int = 0) {
      self.delivered = delivered
      self.deadLetters = deadLetters
      self.undelivered = undelivered
      self.failedAttempts = failedAttempts
    }

    /// Whether somebody misses an event.
    package var hasLoss: Bool { deadLetters > 0 || undelivered > 0 }

    /// What is done with.
    package var withoutUndelivered: Tally {
      var tally = self
      tally.undelivered = 0
      return tally
    }

    package static func += (left: inout Tally, right: Tally) {
      left.delivered += right.delivered
      left.deadLetters += right.deadLetters
      left.undelivered += right.undelivered
      left.failedAttempts += right.failedAttempts
    }
  }
}
