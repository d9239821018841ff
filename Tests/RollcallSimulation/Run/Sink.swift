@testable import RollcallCore
@testable import RollcallKit

/// Posts events to one webhook: does what the kit's `WebhookSink` does, in its order, but in one thread.
final class Sink {
  private static let batch = 256
  private static let noteDelay: Int64 = 20

  let number: Int
  let name: String
  private let run: Run
  private let store: ModelStore
  private let selection: EventSelection
  private let target: WebhookTarget
  private let limits: DeliveryLimits
  private let bound: Int
  private(set) var queue: DeliveryQueue
  private var deadline: Timestamp?
  private var hasNews = false
  private var isHeldUp = false
  private var isNoteDue = false
  private var hasProgress = false
  private var isOver = false

  init(_ number: Int, run: Run) {
    self.number = number
    self.run = run
    store = run.store
    let plan = run.plan.targets[number]
    selection = run.simulation.ignoresFilters ? .all : plan.filter.selection(run.plan.redaction)
    target = plan.webhook(number)
    name = target.name
    bound = plan.bound
    let bound = run.simulation.ignoresBounds ? .max : plan.bound
    limits =
      run.plan.hasState
      ? .inFile(undelivered: bound, window: plan.window, lanes: plan.lanes)
      : .inMemory(undelivered: bound)
    queue = DeliveryQueue(maximumAge: target.maximumAge, limits: limits)
  }

  /// Goes on where an earlier run has ended.
  func begin() {
    let progress = store.progress(of: name)
    var stored: [ConferenceSID?: Int] = [:]
    for (lane, done) in progress.behind {
      stored[lane] = store.count(in: LaneSpan(lane: lane, after: done, through: progress.taken), of: selection)
    }
    queue = DeliveryQueue(maximumAge: target.maximumAge, limits: limits, resuming: progress, stored: stored)
    run.judge.delivery.begin(number, progress)
    perform(queue.wake(at: run.time.now))
    notice()
  }

  /// Says that the store has more events.
  func notice() {
    guard !hasNews, !isOver else { return }
    hasNews = true
    run.after(0) { [self] in
      if isOver { return }
      takeEvents()
      settle()
    }
  }

  func drain(until moment: Timestamp) {
    run.after(0) { [self] in
      guard !isOver else { return }
      takeEvents()
      let end = min(deadline ?? moment, moment)
      deadline = end
      wake(at: end)
      perform(queue.beginDrain(at: run.time.now, deadline: end))
      settle()
    }
  }

  /// The process ends: what is in flight counts as undelivered.
  func leave() {
    guard !isOver else { return }
    isOver = true
    note()
  }

  private func settle() {
    if isHeldUp, queue.hasRoom {
      isHeldUp = false
      notice()
    }
    noteSoon()
    run.judge.limit(queue.inFlightCount <= DeliveryQueue.maximumInFlight, "webhook requests in flight")
    run.judge.limit(queue.laneCount <= limits.lanes, "lanes")
    // What the store alone has is given up once it has been fetched.
    let isFetching = queue.fetches > 0
    run.judge.limit(isFetching || queue.undelivered <= bound + DeliveryQueue.maximumInFlight, "undelivered events")
    guard let deadline, !hasNews, run.time.now >= deadline || !queue.hasWork else { return }
    leave()
    run.outputEnded()
  }

  private func takeEvents() {
    hasNews = false
    isHeldUp = !queue.hasRoom
    guard !isHeldUp else { return }
    let events = store.events(after: queue.newest, limit: Self.batch)
    for event in events {
      guard queue.hasRoom else {
        isHeldUp = true
        return
      }
      let now = run.time.now
      let isWanted = selection.accepts(event)
      perform(isWanted ? queue.offer(EventReference(event), at: now) : queue.skip(through: event.sequence))
      hasProgress = true
      if event.type == .conferenceEnded, let over = event.conference { queue.close(lane: over) }
    }
    if events.count == Self.batch { notice() }
  }

  private func noteSoon() {
    guard hasProgress, !isNoteDue else { return }
    isNoteDue = true
    run.after(Self.noteDelay) { [self] in
      isNoteDue = false
      if !isOver { note() }
    }
  }

  private func note() {
    guard hasProgress else { return }
    hasProgress = false
    store.note(queue.progress, of: name)
  }

  // MARK: What the queue wants done

  private func perform(_ actions: [DeliveryAction]) {
    if !actions.isEmpty { run.trace.note("\(name) \(actions)") }
    for action in actions {
      switch action {
      case .send(let delivery, let previous): attempt(delivery.first, previous)
      case .fetch(let span, let limit):
        run.after(1) { [self] in
          guard !isOver else { return }
          let events = store.references(in: span, of: selection, limit: limit)
          perform(queue.refilled(span.lane, events, isEnd: events.count < limit, at: run.time.now))
          settle()
        }
      case .delivered(let delivery):
        hasProgress = true
        run.judge.delivery.ended(number, delivery.first, nil)
      case .deadLetter(let delivery, let reason):
        let sequence = delivery.first
        hasProgress = true
        run.judge.delivery.ended(number, sequence, reason)
        store.bury(DeadLetter(target: name, sequence: sequence, reason: reason, at: run.time.now))
      case .wake(let moment): wake(at: moment)
      case .targetOut, .targetBack, .targetGone: break
      }
    }
  }

  private func wake(at moment: Timestamp) {
    let wait = min(moment - run.time.now, WebhookSink.longestSleep)
    run.after(max(0, wait.wholeMilliseconds)) { [self] in
      guard !isOver else { return }
      guard run.time.now >= moment else { return wake(at: moment) }
      perform(queue.wake(at: run.time.now))
      settle()
    }
  }

  private func attempt(_ sequence: UInt64, _ previous: PrecedingEvent) {
    guard let event = store.events(after: sequence - 1, limit: 1).first else {
      return finished(sequence, .hold(retryAfter: nil))
    }
    let before = id(of: previous, before: event)
    let request = target.request(for: event, previous: before, at: run.simulation.machine.wall)
    run.judge.delivery.sends(number, event, previous: before, isOut: queue.isOut, inFlight: queue.inFlightCount)
    run.simulation.receivers[number].post(request, event) { [self] status, retryAfter in
      guard run.isAlive, !isOver else { return }
      let pause = retryAfter.flatMap { RetryAfter.parse($0, now: run.simulation.machine.wall) }
      run.trace.note("\(name) \(sequence): \(status ?? 0)")
      finished(sequence, status.map { .classify(status: $0, retryAfter: pause) } ?? .hold(retryAfter: nil))
    }
  }

  private func finished(_ sequence: UInt64, _ outcome: DeliveryOutcome) {
    run.after(0) { [self] in
      guard !isOver else { return }
      perform(queue.finished(Delivery(sequence), outcome, at: run.time.now, using: &run.random))
      settle()
    }
  }

  private func id(of previous: PrecedingEvent, before event: StoredEvent) -> String? {
    let sequence: UInt64?
    switch previous {
    case .none: sequence = nil
    case .event(let known): sequence = known
    case .unknown:
      let span = LaneSpan(lane: event.conference, after: queue.first - 1, through: event.sequence - 1)
      sequence = store.last(in: span, of: selection)
    }
    return sequence.map(store.id)
  }
}

extension Plan.Target {
  func webhook(_ number: Int) -> WebhookTarget {
    var target = WebhookTarget(
      url: Secret("http://receiver.example/\(Canary.hook)"), host: "receiver.example", name: "hook-\(number)")
    target.maximumAge = .milliseconds(maximumAge)
    if isSigned { target.hubSecret = Secret(Canary.key) }
    return target
  }
}
