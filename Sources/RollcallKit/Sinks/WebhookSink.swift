package import RollcallCore

/// Posts events to one webhook: performs what its ``DeliveryQueue`` decides. The bytes stay in the store until they are sent.
package actor WebhookSink {
  /// What became of the events.
  package struct Tally: Sendable, Equatable {
    package var delivered = 0
    package var deadLetters = 0
    package var undelivered = 0

    package init(delivered: Int = 0, deadLetters: Int = 0, undelivered: Int = 0) {
      self.delivered = delivered
      self.deadLetters = deadLetters
      self.undelivered = undelivered
    }

    /// Whether somebody misses an event.
    package var hasLoss: Bool { deadLetters > 0 || undelivered > 0 }
  }

  private enum Input: Sendable {
    case stored
    case finished(UInt64, DeliveryOutcome)
    case timer
    case drain(until: Timestamp)
  }

  /// Events that the store keeps for a webhook; the oldest beyond it are given up.
  package static let bound = DeliveryQueue.defaultBound
  private static let batch = 256

  package nonisolated let target: WebhookTarget
  private let loop: EventLoop
  private let clock: StreamClock
  private let store: any EventStore
  private let transport: any HTTPTransport
  private let allows: @Sendable (EventType) -> Bool
  private let tell: @Sendable (WebhookNotice) -> Void
  private let source: @Sendable () -> WebhookTarget?
  /// The target with the secrets that were read last.
  private var current: WebhookTarget
  private let bound: Int
  private let inputs: AsyncStream<Input>
  private let input: AsyncStream<Input>.Continuation

  private var queue: DeliveryQueue
  private var random = SystemRandomNumberGenerator()
  private var progress = DeliveryProgress()
  private var acknowledged: UInt64 = 0
  /// The first event that was ever for the target.
  private var first: UInt64 = 1
  private var inFlight: Set<UInt64> = []
  private var deadline: Timestamp?
  private var hasNews = false
  private var hasOverflowed = false
  /// Whether the last attempt failed.
  package private(set) var isFailing = false
  private var tally = Tally()

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - allows: the target's filter.
  ///   - source: reads the target's secrets again; nil keeps those there are.
  ///   - tell: gets what people should know; called on the loop, and must not block.
  package init(
    _ target: WebhookTarget, on loop: EventLoop, clock: StreamClock, store: any EventStore,
    transport: any HTTPTransport, allows: @escaping @Sendable (EventType) -> Bool, bound: Int = bound,
    source: @escaping @Sendable () -> WebhookTarget? = { nil }, tell: @escaping @Sendable (WebhookNotice) -> Void
  ) {
    self.target = target
    current = target
    self.source = source
    self.loop = loop
    self.clock = clock
    self.store = store
    self.transport = transport
    self.allows = allows
    self.bound = max(bound, 1)
    self.tell = tell
    queue = DeliveryQueue(maximumAge: target.maximumAge, bound: self.bound)
    (inputs, input) = AsyncStream.makeStream(of: Input.self)
  }

  /// What has become of the events so far.
  package var report: Tally {
    var report = tally
    report.undelivered = queue.undelivered
    return report
  }

  /// Says that the store has more events.
  package func notice() {
    guard !hasNews else { return }
    hasNews = true
    input.yield(.stored)
  }

  /// Reads the secrets again, as after SIGHUP. A target of another URL is another one, and not taken over.
  package func renewSecrets() {
    if let fresh = source(), fresh.name == target.name { current = fresh }
  }

  /// Has ``run()`` deliver what the store holds and return, at the moment given at the latest. A later call can only
  /// bring that moment forward.
  package func drain(until moment: Timestamp) {
    input.yield(.drain(until: moment))
  }

  /// Delivers until a drain is over or the task is cancelled; what is in flight then counts as undelivered.
  package func run() async {
    if let known = try? await store.progress(of: target.name) {
      first = known.first
      acknowledged = known.done
      progress = DeliveryProgress(after: known.done)
    }
    await withDiscardingTaskGroup { group in
      for await next in inputs {
        for action in await take(next, &group) { await perform(action, &group) }
        await acknowledge()
        if isDone { break }
      }
      group.cancelAll()
    }
  }

  private var isDone: Bool {
    guard let deadline, !hasNews else { return false }
    return clock.now >= deadline || !queue.hasWork
  }

  private func take(_ next: Input, _ group: inout DiscardingTaskGroup) async -> [DeliveryAction] {
    switch next {
    case .stored:
      await takeEvents(&group)
      return []
    case .finished(let sequence, let outcome):
      inFlight.remove(sequence)
      return queue.finished(sequence, outcome, at: clock.now, using: &random)
    case .timer: return queue.wake(at: clock.now)
    case .drain(let moment):
      await takeEvents(&group)
      let end = min(deadline ?? moment, moment)
      deadline = end
      group.addTask { await self.wake(at: end) }
      return queue.beginDrain(at: clock.now, deadline: end)
    }
  }

  /// Takes all that the store holds beyond the last event taken.
  private func takeEvents(_ group: inout DiscardingTaskGroup) async {
    hasNews = false
    while !Task.isCancelled {
      guard let events = try? await store.events(after: progress.taken, limit: Self.batch), !events.isEmpty else {
        return
      }
      for event in events {
        let isWanted = allows(event.type)
        progress.take(event.sequence, isWanted: isWanted)
        if isWanted {
          let reference = EventReference(
            sequence: event.sequence, lane: event.conference, timestamp: event.timestamp)
          for action in queue.offer(reference, at: clock.now) { await perform(action, &group) }
        }
        await keepToBound(&group)
      }
      await acknowledge()
    }
  }

  /// The store keeps everything from the oldest undelivered event on, so that one is what must go.
  private func keepToBound(_ group: inout DiscardingTaskGroup) async {
    guard progress.kept > bound, let oldest = progress.oldest, !inFlight.contains(oldest) else { return }
    for action in queue.giveUpOldest() { await perform(action, &group) }
  }

  private func acknowledge() async {
    guard progress.done > acknowledged else { return }
    acknowledged = progress.done
    await store.note(TargetProgress(first: first, taken: acknowledged), of: target.name)
  }
}

// MARK: What the queue wants done

extension WebhookSink {
  private func perform(_ action: DeliveryAction, _ group: inout DiscardingTaskGroup) async {
    switch action {
    case .send(let sequence, let previous):
      inFlight.insert(sequence)
      group.addTask { await self.attempt(sequence, previous) }
    case .delivered(let sequence):
      tally.delivered += 1
      progress.finish(sequence)
    case .deadLetter(let sequence, let reason): await giveUp(sequence, reason)
    case .wake(let moment): group.addTask { await self.wake(at: moment) }
    case .targetOut: tell(.out)
    case .targetBack: tell(.back)
    case .targetGone: tell(.gone)
    }
  }

  private func giveUp(_ sequence: UInt64, _ reason: DeadLetterReason) async {
    tally.deadLetters += 1
    if reason == .overflow, !hasOverflowed {
      hasOverflowed = true
      tell(.overflow)
    }
    if let id = await event(sequence)?.id { tell(.deadLetter(id: id, reason)) }
    await store.bury(DeadLetter(target: target.name, sequence: sequence, reason: reason, at: clock.now))
    progress.finish(sequence)
  }

  private func attempt(_ sequence: UInt64, _ previous: UInt64?) async {
    guard let event = await event(sequence) else {
      // The store cannot be read now.
      input.yield(.finished(sequence, .hold(retryAfter: nil)))
      return
    }
    let before = previous.map { EventStream.id(sameEpochAs: event, sequence: $0) }
    let outcome: DeliveryOutcome
    var reason = ""
    do throws(HTTPFailure) {
      let reply = try await transport.send(current.request(for: event, previous: before, at: loop.wallClock))
      let pause = reply.headers["retry-after"].flatMap { RetryAfter.parse($0, now: loop.wallClock) }
      outcome = .classify(status: reply.status, retryAfter: pause)
      if reply.status == 401 { renewSecrets() }
      reason = "\(target.host) answered \(reply.status)"
    } catch {
      outcome = .hold(retryAfter: nil)
      reason = error.reason
    }
    guard !Task.isCancelled else { return }
    if case .hold = outcome {
      tell(.attemptFailed(id: event.id, reason: reason, isFirst: !isFailing))
      isFailing = true
    } else {
      isFailing = false
    }
    input.yield(.finished(sequence, outcome))
  }

  private func event(_ sequence: UInt64) async -> StoredEvent? {
    guard let found = try? await store.events(after: sequence - 1, limit: 1).first else { return nil }
    return found.sequence == sequence ? found : nil
  }

  private func wake(at moment: Timestamp) async {
    do throws(CancellationError) {
      while clock.now < moment { try await loop.sleep(for: moment - clock.now) }
      input.yield(.timer)
    } catch {}
  }
}
