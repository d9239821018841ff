import RollcallCore

/// What the queue wants done.
extension WebhookSink {
  func perform(_ action: DeliveryAction, _ group: inout DiscardingTaskGroup) async {
    switch action {
    case .send(let sequence, let previous):
      guard !isRetiring else { break }
      attempts += 1
      group.addTask { await self.attempt(sequence, previous) }
    case .fetch(let span, let limit):
      group.addTask { await self.fetch(span, limit: limit) }
    case .delivered:
      tally.delivered += 1
      hasProgress = true
    case .deadLetter(let sequence, let reason): await giveUp(sequence, reason)
    case .wake(let moment): group.addTask { await self.wake(at: moment) }
    case .targetOut: tell(.out)
    case .targetBack: tell(.back)
    case .targetGone: tell(.gone)
    }
  }

  private func giveUp(_ sequence: UInt64, _ reason: DeadLetterReason) async {
    tally.deadLetters += 1
    hasProgress = true
    if reason == .overflow, !hasOverflowed {
      hasOverflowed = true
      tell(.overflow(bound: queue.limits.undelivered))
    }
    if let id = await event(sequence)?.id { tell(.deadLetter(id: id, reason)) }
    await store.bury(DeadLetter(target: target.name, sequence: sequence, reason: reason, at: clock.now))
  }

  private func fetch(_ span: LaneSpan, limit: Int) async {
    while !Task.isCancelled {
      if let events = try? await store.references(in: span, of: types, limit: limit) {
        input.yield(.fetched(span.lane, events, isEnd: events.count < limit))
        return
      }
      try? await loop.sleep(for: Self.readPause)
    }
  }

  private func attempt(_ sequence: UInt64, _ previous: PrecedingEvent) async {
    let event: StoredEvent
    let before: String?
    do throws(StoreFailure) {
      guard let found = try await store.events(after: sequence - 1, limit: 1).first, found.sequence == sequence else {
        throw StoreFailure(.damaged, "an event is missing")
      }
      event = found
      before = try await id(of: previous, before: found)
    } catch {
      // The store cannot be read now.
      input.yield(.finished(sequence, .hold(retryAfter: nil)))
      return
    }
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
      tally.failedAttempts += 1
      tell(.attemptFailed(id: event.id, reason: reason, isFirst: !isFailing))
      isFailing = true
    } else {
      isFailing = false
    }
    input.yield(.finished(sequence, outcome))
  }

  /// The id of the event before one in its lane, among those that the target wants and that were ever for it.
  private func id(of previous: PrecedingEvent, before event: StoredEvent) async throws(StoreFailure) -> String? {
    let sequence: UInt64?
    switch previous {
    case .none: sequence = nil
    case .event(let known): sequence = known
    case .unknown:
      let span = LaneSpan(lane: event.conference, after: queue.first - 1, through: event.sequence - 1)
      sequence = try await store.last(in: span, of: types)
    }
    return sequence.map { EventStream.id(sameEpochAs: event, sequence: $0) }
  }

  private func event(_ sequence: UInt64) async -> StoredEvent? {
    guard let found = try? await store.events(after: sequence - 1, limit: 1).first else { return nil }
    return found.sequence == sequence ? found : nil
  }

  func wake(at moment: Timestamp) async {
    do throws(CancellationError) {
      while clock.now < moment { try await loop.sleep(for: moment - clock.now) }
      input.yield(.timer)
    } catch {}
  }
}
