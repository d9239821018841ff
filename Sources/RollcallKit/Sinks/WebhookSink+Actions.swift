import RollcallCore

/// What the queue wants done.
extension WebhookSink {
  func perform(_ action: DeliveryAction, _ group: inout DiscardingTaskGroup) async {
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
    case .wake(let moment): wake(at: moment, &group)
    case .targetOut: tell(.out)
    case .targetBack: tell(.back)
    case .targetGone: tell(.gone(answer: lastWord))
    }
  }

  private func giveUp(_ delivery: Delivery, _ reason: DeadLetterReason) async {
    tally.deadLetters += delivery.count
    hasProgress = true
    if reason == .overflow, !hasOverflowed {
      hasOverflowed = true
      tell(.overflow(bound: queue.limits.undelivered))
    }
    let answer = refusals.removeValue(forKey: delivery.first)
    let first = await event(delivery.first)
    if let first { tell(.deadLetter(id: first.id, count: delivery.count, reason, answer: answer)) }
    let now = clock.now
    store.addDeadLetter(DeadLetter(target: target.name, sequence: delivery.first, reason: reason, at: now))
    guard delivery.count > 1, let first else { return }
    // The others of a poll; one that cannot be read now is counted all the same.
    var last = delivery.first
    while last < delivery.last {
      let span = LaneSpan(lane: first.conference, after: last, through: delivery.last)
      guard let rest = try? await store.references(in: span, of: selection, limit: Self.batch), !rest.isEmpty else {
        return
      }
      for event in rest {
        store.addDeadLetter(DeadLetter(target: target.name, sequence: event.sequence, reason: reason, at: now))
        last = event.sequence
      }
    }
  }

  private func fetch(_ span: LaneSpan, limit: Int) async {
    while !Task.isCancelled {
      if let events = try? await store.references(in: span, of: selection, limit: limit) {
        input.yield(.fetched(span.lane, events, isEnd: events.count < limit))
        return
      }
      try? await loop.sleep(for: Self.readPause)
    }
  }

  private func attempt(_ delivery: Delivery, _ previous: PrecedingEvent) async {
    guard let (target, event, before, content) = await read(delivery, previous) else {
      input.yield(.finished(delivery, .hold(retryAfter: nil), rest: nil))
      return
    }
    for damaged in content.damaged { damages.tell(of: damaged) }
    guard !content.isEmpty else {
      input.yield(.finished(delivery, .damaged, rest: nil))
      return
    }
    var outcome = DeliveryOutcome.hold(retryAfter: nil)
    var rest: Duration?
    let reason: String
    do throws(HTTPFailure) {
      let request = target.request(id: event.id, body: content.body.bytes, previous: before, at: loop.wallClock)
      let reply = try await transport.send(request)
      (outcome, rest) = target.format.judge(reply, at: loop.wallClock)
      let answer = target.text(of: reply)
      switch outcome {
      case .delivered, .damaged, .hold: break
      case .rejected: refusals[delivery.first] = answer
      case .gone: lastWord = answer
      }
      if reply.status == 401 { renewSecrets() }
      reason = "\(target.host) \(answer)"
    } catch {
      reason = error.text
    }
    guard !Task.isCancelled else { return }
    if case .hold = outcome {
      tally.failedAttempts += 1
      tell(.attemptFailed(id: event.id, reason: reason, isFirst: !isFailing))
      isFailing = true
    } else {
      isFailing = false
    }
    if outcome == .delivered { giveUp(content.damaged) }
    input.yield(.finished(delivery, outcome, rest: rest))
  }

  /// What one attempt tells of a delivery.
  private struct Content {
    var body: MessageBody
    var isEmpty = true
    /// The events that it cannot tell of.
    var damaged: [StoredEvent] = []

    mutating func add(_ event: StoredEvent) {
      guard !event.isDamaged else { return damaged.append(event) }
      body.add(event)
      isEmpty = false
    }
  }

  /// Keeps the events that a message left out.
  private func giveUp(_ damaged: [StoredEvent]) {
    tally.deadLetters += damaged.count
    tally.delivered -= damaged.count
    for event in damaged {
      store.addDeadLetter(DeadLetter(target: target.name, sequence: event.sequence, reason: .damaged, at: clock.now))
    }
  }

  /// Reads what an attempt sends, however long the store cannot be read: that is not the webhook's fault.
  ///
  /// - Returns: nil where the sink ends first, or the store does not have it.
  private func read(
    _ delivery: Delivery, _ previous: PrecedingEvent
  ) async -> (target: WebhookTarget, first: StoredEvent, before: String?, content: Content)? {
    while true {
      let target = current
      do throws(StoreFailure) {
        let (first, content) = try await content(of: delivery, as: target.format)
        return (target, first, try await id(of: previous, before: first), content)
      } catch {
        guard error.outage != nil, !Task.isCancelled, !isRetiring else { return nil }
        try? await loop.sleep(for: Self.readPause)
      }
    }
  }

  /// Makes the content of all events of a delivery, some of which are read at a time.
  ///
  /// - Returns: the first one too.
  private func content(
    of delivery: Delivery, as format: MessageFormat
  ) async throws(StoreFailure) -> (first: StoredEvent, content: Content) {
    guard let first = try await store.events(after: delivery.first - 1, limit: 1).first,
      first.sequence == delivery.first
    else { throw StoreFailure(.damaged, "an event is missing") }
    var content = Content(body: MessageBody(format, known: known.context(of: first.conference)))
    content.add(first)
    var last = first.sequence
    while last < delivery.last {
      let events = try await store.events(after: last, limit: min(Self.batch, Int(delivery.last - last)))
      guard let newest = events.last?.sequence else { throw StoreFailure(.damaged, "an event is missing") }
      for event in events where event.conference == first.conference && selection.accepts(event) { content.add(event) }
      last = newest
      // Others on the loop need not wait for a large poll.
      if last < delivery.last { await Task.yield() }
    }
    return (first, content)
  }

  /// The id of the event before one in its lane, among those that the target wants and that were ever for it.
  private func id(of previous: PrecedingEvent, before event: StoredEvent) async throws(StoreFailure) -> String? {
    let sequence: UInt64?
    switch previous {
    case .none: sequence = nil
    case .event(let known): sequence = known
    case .unknown:
      let span = LaneSpan(lane: event.conference, after: queue.first - 1, through: event.sequence - 1)
      sequence = try await store.last(in: span, of: selection)
    }
    guard let sequence else { return nil }
    return try await store.id(of: sequence)
  }

  private func event(_ sequence: UInt64) async -> StoredEvent? {
    guard let found = try? await store.events(after: sequence - 1, limit: 1).first else { return nil }
    return found.sequence == sequence ? found : nil
  }

  /// So long at most does a sink not look at the clock while something is due later.
  static let longestSleep: Duration = .seconds(30)

  /// Has the queue woken at a moment; a later call replaces it.
  private func wake(at moment: Timestamp, _ group: inout DiscardingTaskGroup) {
    let look = nextLook(before: moment)
    if let alarm {
      self.alarm?.moment = moment
      return loop.move(alarm.timer, to: look)
    }
    alarm = (loop.timer(for: look), moment)
    group.addTask { await self.awaitAlarm() }
  }

  private func awaitAlarm() async {
    do throws(CancellationError) {
      while let (timer, _) = alarm {
        try await loop.sleep(timer)
        // It may have been put off meanwhile.
        guard let moment = alarm?.moment, clock.now < moment else { break }
        alarm?.timer = loop.timer(for: nextLook(before: moment))
      }
      alarm = nil
      input.yield(.timer)
    } catch {}
  }

  /// When to look at the clock, which may be set forward meanwhile without a timer's noticing.
  private func nextLook(before moment: Timestamp) -> BootInstant {
    loop.now.advanced(by: min(max(moment - clock.now, .zero), Self.longestSleep))
  }

  /// Has the sink see whether a drain is over.
  func endDrain(at moment: Timestamp) async {
    do throws(CancellationError) {
      while clock.now < moment { try await loop.sleep(until: nextLook(before: moment)) }
      input.yield(.timer)
    } catch {}
  }
}
