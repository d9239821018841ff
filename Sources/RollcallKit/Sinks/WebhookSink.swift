package import RollcallCore

/// Posts events to one webhook: performs what its ``DeliveryQueue`` decides. The bytes stay in the store until they are
/// sent.
package actor WebhookSink {
  private enum Input: Sendable {
    case stored
    /// An attempt that the queue did not allow to send its request.
    case returned(Delivery)
    case finished(Delivery, DeliveryOutcome, rest: Duration?)
    case fetched(ConferenceSID?, [EventReference], isEnd: Bool)
    case timer
    case saveCursor
    case readAgain
    case drain(until: Timestamp)
    case retire
  }

  /// The default maximum number of undelivered events; beyond it the oldest are given up.
  package static let bound = DeliveryLimits.boundInMemory
  /// The pause between two attempts to read an unreadable store.
  private static let readPause = Duration.seconds(1)
  /// The maximum delay before a cursor is saved, and the extra delay for each lane that is behind, because all of them
  /// are written each time.
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
  /// The target as it is since the last reload.
  private var latest: LatestTarget
  private let inputs: AsyncStream<Input>
  private let input: AsyncStream<Input>.Continuation

  private(set) var queue: DeliveryQueue
  private var random: Jitter
  private var deadline: Timestamp?
  /// When to stop trying to read an unreadable store, because the drain ends; nil for never.
  private var lastRead: Timestamp?
  /// Whether the store was unreadable and must be read again.
  private var isUnread = false
  /// Whether no new attempt may begin.
  private var isRetiring = false
  /// The number of attempts whose end has not reached the queue.
  private var attempts = 0
  private var hasNews = false
  /// Whether the queue has no room for the next stored event.
  private var isFull = false
  private var isSaveDue = false
  /// Wakes the queue.
  private let alarm: StreamAlarm
  /// Whether there is progress that the store does not know yet.
  private var hasProgress = false
  private var hasOverflowed = false
  /// The answers that rejected deliveries, by the sequence of each delivery's first event.
  private var refusals: [UInt64: String] = [:]
  /// The answer of a target that wants no more events.
  private var lastWord = ""
  private var failures = FailureSpell()
  /// Whether the last attempt failed.
  package private(set) var isFailing = false
  private var tally = Tally()

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - bound: the maximum number of undelivered events, if `limits` is nil.
  ///   - source: reloads the target's secrets; nil keeps the current ones.
  ///   - notify: shows a notice; called on the loop, and must not block.
  init(
    _ target: WebhookTarget, on loop: EventLoop, clock: StreamClock, store: any EventStore,
    transport: any HTTPTransport, bound: Int = bound, limits: DeliveryLimits? = nil, damages: DamageLog = DamageLog(),
    known: KnownNames = KnownNames(), source: @escaping @Sendable () -> WebhookTarget? = { nil },
    notify: @escaping @Sendable (WebhookNotice) -> Void
  ) {
    self.target = target
    latest = LatestTarget(target, source: source)
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

  /// The counts of the target's events so far.
  package var report: Tally {
    var report = tally
    report.undelivered = isUnread ? max(queue.undelivered, store.undelivered(to: target.name)) : queue.undelivered
    return report
  }

  /// Tells the sink that the store has more events.
  package func notice() {
    guard !hasNews else { return }
    hasNews = true
    input.yield(.stored)
  }

  /// Uses a changed target for later attempts. A target with another name is ignored.
  package func renew(_ fresh: WebhookTarget) {
    latest.renew(fresh)
  }

  /// Makes ``run()`` return once the attempts in flight have ended; another sink may continue from there.
  package func retire() {
    isRetiring = true
    input.yield(.retire)
  }

  /// Makes ``run()`` deliver all stored events and return, at `moment` at the latest. A later call can only bring that
  /// time forward.
  package func drain(until moment: Timestamp) {
    lastRead = min(lastRead ?? moment, moment)
    input.yield(.drain(until: moment))
  }

  /// Delivers until a drain ends or the task is cancelled; an attempt in flight then counts as undelivered.
  package func run() async {
    guard await resume() else { return }
    await withDiscardingTaskGroup { group in
      for action in queue.wake(at: clock.now) { await perform(action, &group) }
      for await next in inputs {
        for action in await take(next, &group) { await perform(action, &group) }
        if isFull, queue.hasRoom { moreIsStored() }
        saveCursorSoon(&group)
        if isDone { break }
      }
      group.cancelAll()
    }
    saveCursor()
  }

  /// Continues where an earlier run ended, waiting until the store is readable.
  ///
  /// - Returns: false if it was unreadable until the end: then nothing was delivered, and nothing is lost.
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

  /// Takes a batch of stored events after the last one taken. Further batches follow after the other pending inputs.
  private func takeEvents(_ group: inout DiscardingTaskGroup) async {
    guard !isRetiring else { return }
    hasNews = false
    isFull = !queue.hasRoom
    guard !isFull else { return await caughtUp(&group) }
    let events: [StoredEvent]
    do throws(StoreFailure) {
      events = try await store.events(after: queue.newest, limit: DeliveryReader.batch)
    } catch {
      return readAgainSoon(&group)
    }
    for event in events {
      guard queue.hasRoom else {
        isFull = true
        return await caughtUp(&group)
      }
      let actions =
        reader.selection.accepts(event)
        ? queue.offer(EventReference(event), at: clock.now) : queue.skip(through: event.sequence)
      hasProgress = true
      for action in actions { await perform(action, &group) }
      // An ended conference has no more events.
      if event.type == .conferenceEnded, let over = event.conference { queue.forgetWhenEmpty(over) }
    }
    // A commit is stored as a whole, so with no more events the last poll is complete.
    guard events.count == DeliveryReader.batch else { return await caughtUp(&group) }
    moreIsStored()
    await Task.yield()
  }

  /// Schedules another read: events that are unreadable now are neither delivered nor lost.
  private func readAgainSoon(_ group: inout DiscardingTaskGroup) {
    guard !isUnread else { return }
    isUnread = true
    take(.readAgain, after: Self.readPause, &group)
  }

  private func caughtUp(_ group: inout DiscardingTaskGroup) async {
    for action in queue.caughtUp(at: clock.now) { await perform(action, &group) }
  }

  private func moreIsStored() {
    isFull = false
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

  // MARK: Actions of the queue

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
      if failures.delivered(delivery) { notify(.acceptedAgain) }
    case .deadLetter(let delivery, let reason): await giveUp(delivery, reason)
    case .wake(let moment):
      if alarm.set(moment) { group.addTask { await self.awaitAlarm() } }
    case .circuitOpened:
      failures.circuitOpened()
      notify(.circuitOpened)
    case .circuitClosed:
      failures.circuitClosed()
      notify(.circuitClosed)
    case .targetGone: notify(.gone(answer: lastWord))
    }
  }

  private func awaitAlarm() async { await wake(by: alarm) }

  private func wake(by alarm: StreamAlarm) async {
    do throws(CancellationError) {
      try await alarm.wait()
      input.yield(.timer)
    } catch {}
  }

  /// Wakes the sink at the end of the drain.
  private func endDrain(at moment: Timestamp) async {
    let end = StreamAlarm(on: loop, clock)
    if end.set(moment) { await wake(by: end) }
  }

  private func giveUp(_ delivery: Delivery, _ reason: DeadLetterReason) async {
    tally.deadLetters += delivery.count
    hasProgress = true
    if reason == .overflow, !hasOverflowed {
      hasOverflowed = true
      notify(.overflow(bound: queue.limits.undelivered))
    }
    let answer = refusals.removeValue(forKey: delivery.first)
    failures.gaveUp(delivery)
    let first = await reader.event(delivery.first)
    if let first { notify(.deadLetter(id: first.id, count: delivery.count, reason, answer: answer)) }
    let now = clock.now
    addDeadLetter(delivery.first, reason, at: now)
    guard delivery.count > 1, let first else { return }
    for sequence in await reader.others(of: delivery, in: first.conference) { addDeadLetter(sequence, reason, at: now) }
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
    // Other attempts may have failed during the read.
    guard !isRetiring, queue.beginRequest(delivery) else {
      input.yield(.returned(delivery))
      return
    }
    let request = target.request(
      id: content.first.id, body: content.body.bytes, previous: content.previousID, at: loop.wallClock)
    let result = await target.post(request, by: transport, on: loop)
    guard !Task.isCancelled else { return }
    if result.isRefusedToken { latest.reload(at: loop.now) }
    switch result.outcome {
    case .delivered, .damaged: break
    case .rejected: refusals[delivery.first] = result.text
    case .gone: lastWord = result.text
    case .retry:
      tally.failedAttempts += 1
      notify(.attemptFailed(id: content.first.id, reason: result.reason, isFirst: failures.failed(delivery)))
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

  /// Reads the events of an attempt, waiting while the store is unreadable, which is not the webhook's fault.
  ///
  /// - Returns: nil if the sink ends first, or the store does not have the events.
  private func read(
    _ delivery: Delivery, _ previous: PrecedingEvent
  ) async -> (target: WebhookTarget, content: DeliveryReader.Content)? {
    while true {
      let target = latest.target
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
