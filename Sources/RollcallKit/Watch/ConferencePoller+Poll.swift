import RollcallCore

/// One poll: performs what the tracker decides until it has decided on an outcome.
extension ConferencePoller {
  /// One poll, from its first page to its end.
  ///
  /// - Returns: nil where the end of the time for the start, or of the run, has cut it short.
  func poll() async -> PollOutcome? {
    askedPages = 0
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
        of: tracker.room.conference, query: query, comparedWith: tracker.page(at: ordinal), reader: &reader)
      let now = now()
      origin.answered(source)
      return tracker.received(reply, at: now)
    } catch {
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
