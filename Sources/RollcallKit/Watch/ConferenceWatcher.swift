import RollcallCore

/// Polls one conference: performs what its tracker decides, and gives its commits to the store.
package actor ConferenceWatcher {
  package enum Ending: Sendable, Equatable {
    /// The conference is over, and told to be.
    case ended
    /// There is no such conference.
    case unknown
    /// The conference was over before watching began.
    case over
    /// The provider refused the token before watching began.
    case unauthorised
    /// No complete scan in the time that the start may take.
    case unreachable(String)
    /// One complete scan was enough.
    case scannedOnce
    case cancelled
  }

  private let loop: EventLoop
  private let clock: StreamClock
  private let api: SignalWireAPI
  private let gate: OriginGate
  private let settings: WatchSettings
  private let publish: @Sendable ([EventDraft]) async -> Void
  private var tracker: ConferenceTracker
  private var reader = PageReader()
  private var failures = 0

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter publish: stores a poll's events; returns once they are safe.
  init(
    _ tracker: ConferenceTracker, on loop: EventLoop, clock: StreamClock, api: SignalWireAPI, gate: OriginGate,
    settings: WatchSettings, publish: @escaping @Sendable ([EventDraft]) async -> Void
  ) {
    self.tracker = tracker
    self.loop = loop
    self.clock = clock
    self.api = api
    self.gate = gate
    self.settings = settings
    self.publish = publish
  }

  /// Polls until the conference is over, the start has failed, or the task is cancelled.
  func run() async -> Ending {
    let start = clock.now
    var due = loop.now
    while !Task.isCancelled {
      guard await gate.open(), await roomForEvents(from: &due) else { return .cancelled }
      let outcome = await poll()
      if Task.isCancelled { return .cancelled }
      if let ending = await judge(outcome, since: start) { return ending }
      due = next(after: due, outcome)
      do throws(CancellationError) { try await loop.sleep(until: due) } catch { return .cancelled }
    }
    return .cancelled
  }

  /// Tells of a gap that has lasted for too long.
  func check() async {
    let drafts = tracker.check(at: clock.now)
    if !drafts.isEmpty { await publish(drafts) }
  }

  /// Skips the ticks at which nothing may be polled.
  ///
  /// - Returns: false where the task was cancelled.
  private func roomForEvents(from due: inout BootInstant) async -> Bool {
    do throws(CancellationError) {
      while await settings.isHeldBack() {
        tracker.holdBack()
        due = next(after: due, .complete)
        try await loop.sleep(until: due)
      }
      return true
    } catch {
      return false
    }
  }

  private func judge(_ outcome: ConferenceTracker.PollOutcome, since start: Timestamp) async -> Ending? {
    switch outcome {
    case .ended: return .ended
    case .unknown, .over:
      guard settings.waits, clock.now - start < WatchSettings.waitForSID else {
        return outcome == .over ? .over : .unknown
      }
      return nil
    case .complete:
      failures = 0
      return settings.scansOnce ? .scannedOnce : nil
    case .failed(let failure):
      failures += 1
      if let wait = failure.retryAfter { await gate.pause(for: wait) }
      guard !tracker.hasStarted else {
        if failure == .unauthorised { await gate.pause(for: WatchSettings.unauthorisedPause) }
        return nil
      }
      if failure == .unauthorised { return .unauthorised }
      let isLate = clock.now - start >= WatchSettings.startTime
      return isLate && !settings.waits ? .unreachable(failure.text) : nil
    }
  }

  /// The next tick, skipping those that have passed; after a failure not before the back-off is over.
  private func next(after due: BootInstant, _ outcome: ConferenceTracker.PollOutcome) -> BootInstant {
    let now = loop.now
    var next = due.advanced(by: settings.interval)
    if next < now {
      let missed = due.duration(to: now) / settings.interval
      next = due.advanced(by: settings.interval * Int(missed.rounded(.up)))
    }
    guard case .failed = outcome else { return next }
    let jitter = settings.backoff(failures)
    return now.advanced(by: jitter)
  }

  private func poll() async -> ConferenceTracker.PollOutcome {
    var actions = tracker.begin(at: clock.now)
    while !Task.isCancelled {
      var questions: [Question] = []
      var page: (query: String?, ordinal: Int)?
      for action in actions {
        switch action {
        case .commit(let drafts): await publish(drafts)
        case .finish(let outcome): return outcome
        case .fetchPage(let query, let ordinal): page = (query, ordinal)
        case .fetchParticipant(let call): questions.append(.participant(call))
        case .fetchConference: questions.append(.conference)
        case .setDeadline(let moment): questions.append(.deadline(moment))
        }
      }
      if let page {
        actions = await fetch(page.query, page.ordinal)
      } else {
        actions = await ask(questions)
      }
    }
    return .failed(.unreachable(reason: "cancelled"))
  }

  private func fetch(_ query: String?, _ ordinal: Int) async -> [ConferenceTracker.Action] {
    var reader = reader
    defer { self.reader = reader }
    do throws(ScanFailure) {
      let reply = try await api.page(
        of: tracker.room.conference, query: query, comparedWith: tracker.page(at: ordinal), reader: &reader)
      return tracker.received(reply, at: clock.now)
    } catch {
      return tracker.failed(error, at: clock.now)
    }
  }

  private enum Question: Sendable {
    case participant(CallSID)
    case conference
    case deadline(Timestamp)
  }

  private enum Answer: Sendable {
    case participant(CallSID, ParticipantReply)
    case conference(ConferenceReply)
    case deadline
  }

  /// Asks side by side until the tracker goes on to something else.
  private func ask(_ questions: [Question]) async -> [ConferenceTracker.Action] {
    await withTaskGroup(of: Answer.self) { group in
      for question in questions { add(question, to: &group) }
      for await answer in group {
        let actions = take(answer)
        var isDone = false
        for action in actions {
          switch action {
          case .fetchParticipant(let call): add(.participant(call), to: &group)
          case .fetchConference: add(.conference, to: &group)
          case .setDeadline(let moment): add(.deadline(moment), to: &group)
          case .commit, .finish, .fetchPage: isDone = true
          }
        }
        if isDone {
          group.cancelAll()
          return actions
        }
      }
      return []
    }
  }

  private func add(_ question: Question, to group: inout TaskGroup<Answer>) {
    let (api, loop, clock, conference) = (api, loop, clock, tracker.room.conference)
    group.addTask {
      switch question {
      case .participant(let call): return .participant(call, await api.participant(call, in: conference))
      case .conference: return .conference(await api.conference(conference))
      case .deadline(let moment):
        try? await loop.sleep(for: max(.zero, moment - clock.now))
        return .deadline
      }
    }
  }

  private func take(_ answer: Answer) -> [ConferenceTracker.Action] {
    switch answer {
    case .participant(let call, let reply): tracker.participantAnswered(call, reply, at: clock.now)
    case .conference(let reply): tracker.conferenceAnswered(reply, at: clock.now)
    case .deadline: tracker.deadlinePassed(at: clock.now)
    }
  }
}
