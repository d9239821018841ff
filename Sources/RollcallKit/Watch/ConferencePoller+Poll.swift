import RollcallCore

/// Polling: performs what the tracker decides until it decides on an outcome.
extension ConferencePoller {
  /// Performs one poll, from its first page to its end.
  ///
  /// - Returns: nil if it was cut short because the time for the start, or the run, ended.
  func poll() async -> PollOutcome? {
    askedPages = 0
    let begun = loop.now
    asksUnconditionally =
      !origin.trustsETags || (askedUnconditionallyAt.map { begun >= $0.advanced(by: Self.longestTrust) } ?? true)
    var actions = tracker.begin(at: now())
    while !actions.isEmpty, !Task.isCancelled {
      var questions: [Question] = []
      var page: (query: String?, ordinal: Int)?
      let isComplete = actions.last == .finish(.complete)
      if let observer, case .finish(let outcome) = actions.last {
        observer.pollDecided(tracker.room.conference, outcome)
      }
      var hasCommitted = false
      for action in actions {
        switch action {
        case .commit(let events):
          hasCommitted = true
          guard await commitPoll(events, isComplete: isComplete) else { return nil }
        case .finish(let outcome):
          if isComplete, asksUnconditionally { askedUnconditionallyAt = begun }
          if isComplete, !hasCommitted { await catchUpOnCalls() }
          return outcome
        case .fetchPage(let query, let ordinal): page = (query, ordinal)
        case .fetchParticipant(let call): questions.append(.participant(call))
        case .fetchConference: questions.append(.conference)
        case .setDeadline(let moment): questions.append(.deadline(moment))
        case .warnOfStatuses: settings.show(.statusesSayNothing(tracker.room.conference))
        }
      }
      let next = await askInTime { [page, questions] in
        if let page { return await self.fetch(page.query, page.ordinal) }
        return await self.ask(questions)
      }
      guard let next else { return nil }
      actions = next
    }
    return nil
  }

  /// Fetches one page.
  private func fetch(_ query: String?, _ ordinal: Int) async -> [ConferenceTracker.Action] {
    var reader = reader
    defer { self.reader = reader }
    askedPages += 1
    do throws(ScanFailure) {
      let reply = try await api.page(
        of: tracker.room.conference, query: query, comparedWith: withTracker { $0.page(at: ordinal) },
        isConditional: origin.trustsETags && !asksUnconditionally, reader: &reader)
      if Task.isCancelled { return [] }
      let now = now()
      origin.answered(source)
      if reply.contradictsETag { origin.distrustETags() }
      return tracker.received(reply, at: now)
    } catch {
      if Task.isCancelled { return [] }
      origin.answered(source, error)
      return tracker.failed(error, at: now(), isRefused: isRefused)
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

  /// Sends questions concurrently until the tracker goes on to something else.
  private func ask(_ questions: [Question]) async -> [ConferenceTracker.Action] {
    await withTaskGroup(of: Answer.self) { group in
      for question in questions { add(question, to: &group) }
      for await answer in group {
        // A request cut short by the end of the run is not an answer, so the poll has no complete scan.
        if Task.isCancelled { return [] }
        let actions = take(answer)
        var isDone = false
        for action in actions {
          switch action {
          case .fetchParticipant(let call): add(.participant(call), to: &group)
          case .fetchConference: add(.conference, to: &group)
          case .setDeadline(let moment): add(.deadline(moment), to: &group)
          case .commit, .finish, .fetchPage, .warnOfStatuses: isDone = true
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
    case .participant(let call, let reply):
      if reply == .refused { reportRefusedConfirmation() }
      return tracker.participantAnswered(call, reply, at: now())
    case .conference(let reply):
      if reply == .refused { reportRefusedConfirmation() }
      return tracker.conferenceAnswered(reply, at: now())
    case .deadline: return tracker.deadlinePassed(at: now())
    }
  }

  /// Shows, once, that confirmations are refused.
  private func reportRefusedConfirmation() {
    guard !hasReportedRefusedConfirmation else { return }
    hasReportedRefusedConfirmation = true
    settings.show(.confirmationRefused(tracker.room.conference))
  }
}

/// Looking up the calls of participants who joined, while the events of the poll wait.
extension ConferencePoller {
  /// No look-up is sent in the last 1/4 of the time for look-ups, so that most of those in flight are answered in time.
  private static let lastQuarter = 4
  /// The number of look-ups per poll that bypass the rate limit, whatever happens in other rooms.
  private static let sentAtOnce = 2

  /// Starts looking up calls if a reload has turned that on.
  private func beginAskingForCalls() {
    if calls == nil { calls = settings.book(of: tracker.room) }
  }

  /// Adds known call details to a commit's events, and looks up unknown ones.
  func addCalls(to commit: inout PollCommit, asks: Bool) async {
    beginAskingForCalls()
    guard calls != nil else { return }
    calls?.begin(&commit.events)
    if asks { await askForCalls(for: callTime) }
    calls?.finish(&commit.events)
    let answers = calls?.takeAnswers() ?? []
    commit.changes?.calls += answers
  }

  /// How long the events of a poll may wait for call details: during the start no longer than the scan itself may take.
  private var callTime: Duration {
    guard let startDeadline, !hasScanned else { return ConferenceTracker.confirmationTime }
    return min(ConferenceTracker.confirmationTime, max(.zero, loop.now.duration(to: startDeadline)))
  }

  /// Repeats unanswered look-ups in a poll that has no events.
  func catchUpOnCalls() async {
    beginAskingForCalls()
    guard calls?.questions.isEmpty == false else { return }
    // The next poll must not wait for them.
    await askForCalls(for: min(ConferenceTracker.confirmationTime, settings.interval / 2))
    guard calls?.hasAnswers == true, let changes = tracker.takeChanges() else { return }
    _ = await store([], changes)
  }

  private enum Step: Sendable {
    case answered(CallSID, CallReply)
    /// The budget may have room for the next look-up.
    case turn
    /// The time for look-ups is over, or the run is ending.
    case over
  }

  /// Looks up all wanted calls, within the limits for confirmations.
  private func askForCalls(for time: Duration) async {
    var waiting = Array((calls?.questions ?? []).reversed())
    guard !waiting.isEmpty, !Task.isCancelled else { return }
    let start = loop.now
    let sendingEnd = start.advanced(by: time - time / Self.lastQuarter)
    await withTaskGroup(of: Step.self) { group in
      var (sent, inFlight, isTimed) = (0, 0, false)
      addTimer(until: start.advanced(by: time), as: .over, to: &group)
      asking: while true {
        sending: while inFlight < ConferenceTracker.maximumConfirmationsInFlight, !isTimed, let call = waiting.last {
          switch turn(after: sent, before: sendingEnd) {
          case .now:
            waiting.removeLast()
            sent += 1
            inFlight += 1
            send(call, in: &group)
          case .at(let moment):
            isTimed = true
            addTimer(until: moment, as: .turn, to: &group)
          case .never:
            waiting = []
            break sending
          }
        }
        guard inFlight > 0 || isTimed, let step = await group.next() else { break }
        switch step {
        case .answered(let call, let reply):
          inFlight -= 1
          calls?.take(reply, about: call)
          if reply == .refused { origin.callsAreRefused() }
        case .turn: isTimed = false
        case .over: break asking
        }
      }
      group.cancelAll()
    }
  }

  private func send(_ call: CallSID, in group: inout TaskGroup<Step>) {
    calls?.ask(call)
    group.addTask { [api] in .answered(call, await api.call(call)) }
  }

  private func addTimer(until moment: BootInstant, as step: Step, to group: inout TaskGroup<Step>) {
    group.addTask { [loop] in
      do throws(CancellationError) {
        try await loop.sleep(until: moment)
        return step
      } catch {
        return .over
      }
    }
  }

  private enum Turn {
    /// Now; the caller must send it.
    case now
    case at(BootInstant)
    case never
  }

  /// Returns when the next look-up may be sent. Unlike confirmations, most look-ups wait for their turn in the budget,
  /// so that a room of a thousand does not delay polls. While polls wait for their turn, events do not wait for
  /// look-ups.
  private func turn(after sent: Int, before end: BootInstant) -> Turn {
    guard loop.now < end else { return .never }
    let turn = origin.govern { governor, now in
      governor.admitQuestion(isUrgent: sent < Self.sentAtOnce, at: now)
    }
    switch turn {
    case .now: return .now
    case .never: return .never
    case .at(let moment): return BootInstant(moment) < end ? .at(BootInstant(moment)) : .never
    }
  }
}

/// Storing: the events of polls, and the room that results from them.
extension ConferencePoller {
  /// The minimum time between two saves of scans without events.
  private static let savingInterval: Duration = .seconds(10)

  /// Returns whether ``check()`` has something to do. First records why nothing is polled, if nothing is.
  func isDueForCheck() -> Bool {
    noteSuspension()
    return canCheck
  }

  private var canCheck: Bool {
    guard !isPublishing, !lacksCommit else { return false }
    let now = now()
    return withTracker { [isShutOut] in $0.mustReportInterruption(at: now, atOnce: isShutOut) } || isDueForSaving
  }

  /// Records that scans are missing because the origin takes no requests, if a poll waits for it.
  private func noteSuspension() {
    isShutOut = false
    // A suspension is recorded first: after it, only the continuing refusal keeps scans away.
    _ = now()
    guard !isPolling, loop.now >= dueAt else { return }
    if origin.budget.isThrottled { tracker.delayed(by: .throttled(retryAfter: nil)) }
    guard let suspension = origin.govern({ governor, now in governor.suspension(at: now) }) else { return }
    tracker.shutOut(by: suspension.failure)
    isShutOut = suspension.failure.isRefusal && suspension.isConfirmed
  }

  private var isDueForSaving: Bool {
    savedAt.map { loop.now >= $0.advanced(by: Self.savingInterval) } ?? false
  }

  /// How the conference was found; nil once a complete scan of it is stored.
  var unsavedOrigin: ConferenceTracker.Origin? { hasScanned ? nil : tracker.origin }

  /// Reports an outage that has lasted long enough, or saves the room if that is due.
  func check() async {
    guard canCheck else { return }
    let events = tracker.check(at: now(), atOnce: isShutOut)
    if !events.isEmpty {
      _ = await store(events, tracker.takeChanges(with: events))
      return
    }
    if isDueForSaving { await save() }
  }

  /// Saves what earlier commits do not include: the times of the last scan, and which participants are in doubt.
  func save() async {
    guard savedAt != nil, !isPublishing, !lacksCommit, let changes = tracker.takeChanges() else { return }
    _ = await store([], changes)
  }

  /// Stores the events of a poll with the resulting room, waiting for as long as the store takes no commits.
  ///
  /// - Parameter isComplete: whether the events come from a complete scan. If so, they wait for call look-ups, and a
  ///   delay by the store becomes the reason for missing scans.
  /// - Returns: false if it was given up because the run ends.
  func commitPoll(_ events: [Event], isComplete: Bool = false) async -> Bool {
    let start = loop.now
    let outcome = await store(events, tracker.takeChanges(with: events), asks: isComplete)
    extendStart(since: start)
    switch outcome {
    case .stored(let reason):
      let changes = events.count { $0.type.isChange && !$0.isInitial }
      if changes > 0 { origin.govern { [source] governor, _ in governor.found(changes, by: source) } }
      if isComplete, let reason { tracker.pausePolling(because: reason) }
      return true
    case .notStored: return false
    }
  }

  /// Stores events and changes together, after all earlier commits.
  func store(_ events: [Event], _ changes: RoomChanges?, asks: Bool = false) async -> CommitOutcome {
    if changes != nil { savedAt = loop.now }
    let earlier = isPublishing ? await withCheckedContinuation { follower = $0 } : .stored()
    isPublishing = true
    var commit = PollCommit(events, changes: changes)
    await addCalls(to: &commit, asks: asks)
    let outcome = lacksCommit ? .notStored : await publish(commit).after(earlier)
    if outcome == .notStored { lacksCommit = true }
    isPublishing = follower != nil
    follower?.resume(returning: outcome)
    follower = nil
    return outcome
  }
}

extension CommitOutcome {
  /// Returns the outcome of a commit that waited for an earlier one.
  fileprivate func after(_ earlier: CommitOutcome) -> CommitOutcome {
    switch (self, earlier) {
    case (.notStored, _), (_, .notStored): .notStored
    case (.stored(let own), .stored(let before)): .stored(delayedBy: own ?? before)
    }
  }
}
