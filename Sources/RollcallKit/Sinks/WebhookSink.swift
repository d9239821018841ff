package import RollcallCore

/// Posts events to one webhook: performs what its ``DeliveryQueue`` decides. The bytes stay in the store until they are sent.
package actor WebhookSink {
  private enum Input: Sendable {
    case stored
    /// An attempt that the queue did not let make its request.
    case returned(Delivery)
    case finished(Delivery, DeliveryOutcome, rest: Duration?)
    case fetched(ConferenceSID?, [EventReference], isEnd: Bool)
    case timer
    case saveCursor
    case readAgain
    case drain(until: Timestamp)
    case retire
  }

  /// The default maximum of events that wait for a webhook; the oldest beyond it are given up.
  package static let bound = DeliveryLimits.boundInMemory
  /// The pause between two questions to a store that cannot be read.
  private static let readPause = Duration.seconds(1)
  /// The maximum delay before a cursor is saved, and what each lane that is behind adds to it: all of them are written
  /// each time.
  private static let saveDelay = Duration.milliseconds(20)
  private static let saveDelayPerLane = Duration.microseconds(100)

  package nonisolated let target: WebhookTarget
  private let loop: EventLoop
  private let clock: StreamClock
  private let store: any EventStore
  private let transport: any HTTPTransport
  private let reader: DeliveryReader
  private let notify: @Sendable (WebhookNotice) -> Void
  private let damages: DamageLog
  private let source: @Sendable () -> WebhookTarget?
  /// The target with the secrets that were read last.
  private(set) var current: WebhookTarget
  private let inputs: AsyncStream<Input>
  private let input: AsyncStream<Input>.Continuation

  private(set) var queue: DeliveryQueue
  private var random: Jitter
  private var deadline: Timestamp?
  /// When to stop asking a store that cannot be read, because a drain is over then; nil for never.
  private var lastRead: Timestamp?
  /// Whether the store could not be read, and is to be read again.
  private var isUnread = false
  /// Whether nothing new is begun.
  private var isRetiring = false
  /// Attempts whose end the queue has not heard of.
  private var attempts = 0
  private var hasNews = false
  /// Whether the store has events that the queue has no room for.
  private var isHeldUp = false
  private var isSaveDue = false
  /// Wakes the queue.
  private let alarm: StreamAlarm
  /// Whether more is done than the store knows.
  private var hasProgress = false
  private var hasOverflowed = false
  /// The answers to attempts that will not be repeated, by their first event.
  private var refusals: [UInt64: String] = [:]
  /// The answer of a target that wants no more events.
  private var lastWord = ""
  /// Whether the last attempt failed.
  package private(set) var isFailing = false
  private var tally = Tally()

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - bound: the maximum number of undelivered events, if `limits` is nil.
  ///   - source: reads the target's secrets again; nil keeps the current ones.
  ///   - notify: gets what people should know; called on the loop, and must not block.
  init(
    _ target: WebhookTarget, on loop: EventLoop, clock: StreamClock, store: any EventStore,
    transport: any HTTPTransport, bound: Int = bound, limits: DeliveryLimits? = nil, damages: DamageLog = DamageLog(),
    known: KnownNames = KnownNames(), source: @escaping @Sendable () -> WebhookTarget? = { nil },
    notify: @escaping @Sendable (WebhookNotice) -> Void
  ) {
    self.target = target
    current = target
    self.source = source
    self.loop = loop
    random = loop.jitter()
    self.clock = clock
    alarm = StreamAlarm(on: loop, clock)
    self.store = store
    self.transport = transport
    reader = DeliveryReader(store: store, selection: target.wanted, known: known)
    let limits = limits ?? (store.isInMemory ? .inMemory(undelivered: bound) : .inFile(undelivered: bound))
    self.notify = notify
    self.damages = damages
    queue = DeliveryQueue(maximumAge: target.maximumAge, pace: target.format.pace, limits: limits)
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
        saveCursorSoon(&group)
        if isDone { break }
      }
      group.cancelAll()
    }
    saveCursor()
  }

  /// Goes on where an earlier run has ended, however long the store does not tell where that is.
  ///
  /// - Returns: false where it has not told until the end: nothing has been delivered then, and nothing is lost.
  private func resume() async -> Bool {
    isUnread = true
    while !Task.isCancelled, !isRetiring, lastRead.map({ clock.now < $0 }) ?? true {
      do throws(StoreFailure) {
        let cursor = try await store.cursor(of: target.name)
        queue = DeliveryQueue(
          maximumAge: target.maximumAge, pace: target.format.pace, limits: queue.limits, resuming: cursor,
          stored: try await reader.counts(behind: cursor))
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
    case .returned(let delivery):
      attempts -= 1
      return queue.returned(delivery, at: clock.now)
    case .finished(let delivery, let outcome, let rest):
      attempts -= 1
      return queue.finished(delivery, outcome, resting: rest, at: clock.now, using: &random)
    case .fetched(let lane, let events, let isEnd):
      return queue.refilled(lane, events, isEnd: isEnd, at: clock.now)
    case .timer: return queue.wake(at: clock.now)
    case .saveCursor:
      isSaveDue = false
      saveCursor()
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
      events = try await store.events(after: queue.newest, limit: DeliveryReader.batch)
    } catch {
      return readAgainSoon(&group)
    }
    for event in events {
      guard queue.hasRoom else {
        isHeldUp = true
        return await caughtUp(&group)
      }
      let isWanted = reader.selection.accepts(event)
      let actions =
        isWanted ? queue.offer(EventReference(event), at: clock.now) : queue.skip(through: event.sequence)
      hasProgress = true
      for action in actions { await perform(action, &group) }
      // Nothing more can come of it.
      if event.type == .conferenceEnded, let over = event.conference { queue.close(lane: over) }
    }
    // A commit is stored as one, so where there is nothing more the last poll is here as a whole.
    guard events.count == DeliveryReader.batch else { return await caughtUp(&group) }
    moreIsStored()
    await Task.yield()
  }

  /// What could not be read is neither delivered nor lost.
  private func readAgainSoon(_ group: inout DiscardingTaskGroup) {
    guard !isUnread else { return }
    isUnread = true
    take(.readAgain, after: Self.readPause, &group)
  }

  private func caughtUp(_ group: inout DiscardingTaskGroup) async {
    for action in queue.caughtUp(at: clock.now) { await perform(action, &group) }
  }

  private func moreIsStored() {
    isHeldUp = false
    notice()
  }

  private func saveCursorSoon(_ group: inout DiscardingTaskGroup) {
    guard hasProgress, !isSaveDue else { return }
    isSaveDue = true
    take(.saveCursor, after: Self.saveDelay + Self.saveDelayPerLane * queue.busyLaneCount, &group)
  }

  private func take(_ next: Input, after delay: Duration, _ group: inout DiscardingTaskGroup) {
    group.addTask {
      try? await self.loop.sleep(for: delay)
      self.input.yield(next)
    }
  }

  private func saveCursor() {
    guard hasProgress else { return }
    hasProgress = false
    store.saveCursor(queue.cursor, of: target.name)
  }

  // MARK: What the queue wants done

  private func perform(_ action: DeliveryAction, _ group: inout DiscardingTaskGroup) async {
    switch action {
    case .send(let delivery, let previous):
      guard !isRetiring else { break }
      attempts += 1
      group.addTask { await self.attempt(delivery, previous) }
    case .fetch(let span, let limit):
      group.addTask { await self.fetch(span, limit: limit) }
    case .delivered(let delivery):
      tally.delivered += delivery.count
      hasProgress = true
    case .deadLetter(let delivery, let reason): await giveUp(delivery, reason)
    case .wake(let moment):
      if alarm.set(moment) { group.addTask { await self.awaitAlarm() } }
    case .circuitOpened: notify(.circuitOpened)
    case .circuitClosed: notify(.circuitClosed)
    case .targetGone: notify(.gone(answer: lastWord))
    }
  }

  private func awaitAlarm() async {
    do throws(CancellationError) {
      try await alarm.wait()
      input.yield(.timer)
    } catch {}
  }

  /// Has the sink check whether the drain is over.
  private func endDrain(at moment: Timestamp) async {
    let end = StreamAlarm(on: loop, clock)
    guard end.set(moment) else { return }
    do throws(CancellationError) {
      try await end.wait()
      input.yield(.timer)
    } catch {}
  }

  private func giveUp(_ delivery: Delivery, _ reason: DeadLetterReason) async {
    tally.deadLetters += delivery.count
    hasProgress = true
    if reason == .overflow, !hasOverflowed {
      hasOverflowed = true
      notify(.overflow(bound: queue.limits.undelivered))
    }
    let answer = refusals.removeValue(forKey: delivery.first)
    let first = await reader.event(delivery.first)
    if let first { notify(.deadLetter(id: first.id, count: delivery.count, reason, answer: answer)) }
    let now = clock.now
    addDeadLetter(delivery.first, reason, at: now)
    guard delivery.count > 1, let first else { return }
    for sequence in await reader.others(of: delivery, in: first.conference) {
      addDeadLetter(sequence, reason, at: now)
    }
  }

  private func addDeadLetter(_ sequence: UInt64, _ reason: DeadLetterReason, at now: Timestamp) {
    store.addDeadLetter(DeadLetter(target: target.name, sequence: sequence, reason: reason, at: now))
  }

  private func fetch(_ span: LaneSpan, limit: Int) async {
    while !Task.isCancelled {
      if let events = try? await store.references(in: span, of: reader.selection, limit: limit) {
        input.yield(.fetched(span.lane, events, isEnd: events.count < limit))
        return
      }
      try? await loop.sleep(for: Self.readPause)
    }
  }

  private func attempt(_ delivery: Delivery, _ previous: PrecedingEvent) async {
    guard let (target, content) = await read(delivery, previous) else {
      return finish(delivery, .retry(retryAfter: nil))
    }
    for damaged in content.damaged { damages.report(damaged) }
    guard !content.isEmpty else { return finish(delivery, .damaged) }
    // Reading may have taken a while, in which other attempts failed.
    guard !isRetiring, queue.beginRequest(delivery) else {
      input.yield(.returned(delivery))
      return
    }
    let request = target.request(
      id: content.first.id, body: content.body.bytes, previous: content.previousID, at: loop.wallClock)
    let result = await target.post(request, by: transport, on: loop)
    guard !Task.isCancelled else { return }
    if result.isRefusedToken, let fresh = source() { renew(fresh) }
    switch result.outcome {
    case .delivered, .damaged: break
    case .rejected: refusals[delivery.first] = result.text
    case .gone: lastWord = result.text
    case .hold:
      tally.failedAttempts += 1
      notify(.attemptFailed(id: content.first.id, reason: result.reason, isFirst: !isFailing))
    }
    isFailing = result.isFailure
    if result.outcome == .delivered {
      tally.deadLetters += content.damaged.count
      tally.delivered -= content.damaged.count
      for damaged in content.damaged { addDeadLetter(damaged.sequence, .damaged, at: clock.now) }
    }
    finish(delivery, result.outcome, rest: result.rest)
  }

  private func finish(_ delivery: Delivery, _ outcome: DeliveryOutcome, rest: Duration? = nil) {
    input.yield(.finished(delivery, outcome, rest: rest))
  }

  /// Reads what an attempt sends, however long the store cannot be read: that is not the webhook's fault.
  ///
  /// - Returns: nil if the sink ends first, or the store does not have the events.
  private func read(
    _ delivery: Delivery, _ previous: PrecedingEvent
  ) async -> (target: WebhookTarget, content: DeliveryReader.Content)? {
    while true {
      let target = current
      do throws(StoreFailure) {
        return (
          target, try await reader.content(of: delivery, after: previous, since: queue.first, as: target.format)
        )
      } catch {
        guard error.outage != nil, !Task.isCancelled, !isRetiring else { return nil }
        try? await loop.sleep(for: Self.readPause)
      }
    }
  }
}
