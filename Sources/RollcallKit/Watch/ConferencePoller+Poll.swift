import RollcallCore

/// One poll: performs what the tracker decides until it has decided on an outcome.
extension ConferencePoller {
  /// One poll, from its first page to its end.
  ///
  /// - Returns: nil where the end of the time for the start, or of the run, has cut it short.
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
        case .commit(let drafts):
          hasCommitted = true
          guard await commitPoll(drafts, isComplete: isComplete) else { return nil }
        case .finish(let outcome):
          if isComplete, asksUnconditionally { askedUnconditionallyAt = begun }
          if isComplete, !hasCommitted { await catchUpOnCalls() }
          return outcome
        case .fetchPage(let query, let ordinal): page = (query, ordinal)
        case .fetchParticipant(let call): questions.append(.participant(call))
        case .fetchConference: questions.append(.conference)
        case .setDeadline(let moment): questions.append(.deadline(moment))
        case .warnOfStatuses: settings.tell(.statusesSayNothing(tracker.room.conference))
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
      return tracker.failed(error, at: now())
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
        // What the end of the run has cut short is no answer, and a poll without one has not seen a whole scan.
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

  /// Tells people, once, that confirmations are refused.
  private func reportRefusedConfirmation() {
    guard !hasReportedRefusedConfirmation else { return }
    hasReportedRefusedConfirmation = true
    settings.tell(.confirmationRefused(tracker.room.conference))
  }
}

/// Asking for the calls of those who came, while the events of a poll wait for it.
extension ConferencePoller {
  /// No question is sent in the last quarter of the time for them: most of those under way then are answered in time.
  private static let lastQuarter = 4
  /// So many questions of a poll do not wait for their turn in the budget, whatever happens in all rooms at once.
  private static let sentAtOnce = 2

  /// A reload may have turned it on.
  private func beginAskingForCalls() {
    if calls == nil { calls = settings.book(of: tracker.room) }
  }

  /// Has events say what is known of calls, and asks for those that are not known.
  func tellCalls(in commit: inout PollCommit, asks: Bool) async {
    beginAskingForCalls()
    guard calls != nil else { return }
    calls?.begin(&commit.drafts)
    if asks { await askForCalls(for: callTime) }
    calls?.finish(&commit.drafts)
    let answers = calls?.takeAnswers() ?? []
    commit.changes?.calls += answers
  }

  /// How long the events of a poll may wait for calls: at the start no longer than the scan itself.
  private var callTime: Duration {
    guard let startDeadline, !hasScanned else { return ConferenceTracker.confirmationTime }
    return min(ConferenceTracker.confirmationTime, max(.zero, loop.now.duration(to: startDeadline)))
  }

  /// Asks once more where earlier polls had no answer, in a poll that has nothing to tell.
  func catchUpOnCalls() async {
    beginAskingForCalls()
    guard calls?.questions.isEmpty == false else { return }
    // The next poll does not wait for them.
    await askForCalls(for: min(ConferenceTracker.confirmationTime, settings.interval / 2))
    guard calls?.hasAnswers == true, let changes = tracker.takeChanges() else { return }
    _ = await store([], changes)
  }

  private enum Step: Sendable {
    case answered(CallSID, CallReply)
    /// The budget may have room.
    case turn
    /// The time for questions is over, or the run is.
    case over
  }

  /// Asks for everybody who is to be asked for, within the limits that confirmations of departures have.
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
    /// One request, which then has to be sent.
    case now
    case at(BootInstant)
    case never
  }

  /// When the next question may be sent. Unlike those about who is gone most of them wait for their turn in the budget: a
  /// room of a thousand must not keep polls waiting. Where polls themselves wait for theirs, no events wait as well.
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

/// What a poller has stored: the events of its polls, and the room that they lead to.
extension ConferencePoller {
  /// The times of scans that tell nothing are saved so often at most.
  private static let savingInterval: Duration = .seconds(10)

  /// Whether ``check()`` has something to do. Learns why nothing is asked, if nothing may be.
  func isDueForCheck() -> Bool {
    noteClosure()
    return canCheck
  }

  private var canCheck: Bool {
    guard !isPublishing, !lacksCommit else { return false }
    let now = now()
    return withTracker { [isShutOut] in $0.owesInterruption(at: now, atOnce: isShutOut) } || isDueForSaving
  }

  /// While a poll waits for an origin that may not be asked, that is why scans are missing.
  private func noteClosure() {
    isShutOut = false
    // That the machine slept is known first: a refusal that goes on is what keeps the next scans away.
    _ = now()
    guard !isPolling, loop.now >= dueAt else { return }
    if origin.budget.isThrottled { tracker.heldUp(by: .throttled(retryAfter: nil)) }
    guard let closure = origin.govern({ governor, now in governor.closure(at: now) }) else { return }
    tracker.shutOut(by: closure.failure)
    isShutOut = closure.failure.isRefusal && closure.isConfirmed
  }

  private var isDueForSaving: Bool {
    savedAt.map { loop.now >= $0.advanced(by: Self.savingInterval) } ?? false
  }

  /// How the conference was found, as long as no complete scan of it is stored; nil from then on.
  var unsavedOrigin: ConferenceTracker.Origin? { hasScanned ? nil : tracker.origin }

  /// Reports an outage that has lasted for too long.
  func check() async {
    guard canCheck else { return }
    let drafts = tracker.check(at: now(), atOnce: isShutOut)
    if !drafts.isEmpty {
      _ = await store(drafts, tracker.takeChanges(with: drafts))
      return
    }
    if isDueForSaving { await save() }
  }

  /// Stores what an earlier commit does not say of the room: the times of the last scan, and who is in doubt.
  func save() async {
    guard savedAt != nil, !isPublishing, !lacksCommit, let changes = tracker.takeChanges() else { return }
    _ = await store([], changes)
  }

  /// Stores what a poll tells, with the room that it leads to, however long the store takes no commits.
  ///
  /// - Parameter isComplete: whether a complete scan tells it. The events wait then until calls have been asked for, and
  ///   scans that are missing afterwards are missing because the store took no commits.
  /// - Returns: false where it is given up, since the run ends.
  func commitPoll(_ drafts: [Event], isComplete: Bool = false) async -> Bool {
    let start = loop.now
    let outcome = await store(drafts, tracker.takeChanges(with: drafts), asks: isComplete)
    extendStart(since: start)
    switch outcome {
    case .stored(let reason):
      if isComplete, let reason { tracker.holdBack(because: reason) }
      return true
    case .notStored: return false
    }
  }

  /// Stores what belongs together, after all that was to be stored before.
  func store(_ drafts: [Event], _ changes: RoomChanges?, asks: Bool = false) async -> CommitOutcome {
    if changes != nil { savedAt = loop.now }
    let earlier = isPublishing ? await withCheckedContinuation { follower = $0 } : .stored()
    isPublishing = true
    var commit = PollCommit(drafts, changes: changes)
    await tellCalls(in: &commit, asks: asks)
    let outcome = lacksCommit ? .notStored : await publish(commit).after(earlier)
    if outcome == .notStored { lacksCommit = true }
    isPublishing = follower != nil
    follower?.resume(returning: outcome)
    follower = nil
    return outcome
  }
}

extension CommitOutcome {
  /// The outcome for somebody who waited for an earlier commit first.
  fileprivate func after(_ earlier: CommitOutcome) -> CommitOutcome {
    switch (self, earlier) {
    case (.notStored, _), (_, .notStored): .notStored
    case (.stored(let own), .stored(let before)): .stored(delayedBy: own ?? before)
    }
  }
}
