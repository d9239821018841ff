import RollcallCore

@testable import RollcallKit

/// One poll: performs what the tracker decides until it has decided on an outcome.
extension Watcher {
  func perform(_ actions: [ConferenceTracker.Action]) {
    var questions: [ConferenceTracker.Action] = []
    var page: (query: String?, ordinal: Int)?
    for (index, action) in actions.enumerated() {
      switch action {
      case .commit(let drafts):
        let rest = Array(actions[(index + 1)...])
        run.judge.decided(self, rest)
        return commit(drafts) { [self] in perform(rest) }
      case .finish(let outcome):
        run.judge.decided(self, actions)
        return ended(outcome)
      case .fetchPage(let query, let ordinal): page = (query, ordinal)
      case .fetchParticipant, .fetchConference, .setDeadline: questions.append(action)
      case .warnOfStatuses: break
      }
    }
    if let page {
      fetch(page.query, page.ordinal, isRepeated: isStart)
    } else {
      for question in questions { ask(question) }
    }
  }

  // MARK: Pages

  private func fetch(_ query: String?, _ ordinal: Int, isRepeated: Bool) {
    let number = poll
    let sid = conference.text
    if ordinal == 0 { scan.beginPass() }
    let isAgain = isRepeated != isStart
    if !isAgain { askedPages += 1 }
    run.polls.send(isAgain || askedPages > pages ? .question : askedPages == 1 ? .poll(self.number) : .page)
    run.judge.asks(query)
    run.provider.answer { [provider = run.provider] in
      provider.list(sid, query: query)
    } then: { [self] reply in
      guard run.isAlive, poll == number, !isOver else { return }
      take(reply, query, ordinal, isRepeated: isRepeated)
    }
  }

  private func take(_ reply: Reply, _ query: String?, _ ordinal: Int, isRepeated: Bool) {
    let sid = conference.text
    do throws(ScanFailure) {
      let page = try read(reply, ordinal)
      let now = now()
      run.accepted()
      run.judge.conferences[sid]?.pageArrived()
      guard let rows = reply.rows else { return run.judge.fail(.limits, "a spoilt page was believed") }
      scan.show(rows, at: now)
      perform(tracker.received(page, at: now))
    } catch {
      run.trace.note("\(conference) page failed: \(error)")
      if reply.rows != nil { run.judge.fail(.limits, "a valid page was refused: \(error)") }
      if error == .unauthorised, !isRepeated, run.renewsToken() {
        return fetch(query, ordinal, isRepeated: true)
      }
      if error == .invalidPageToken { scan.beginPass(isRestart: true) }
      run.failed(error)
      scan.excuse = "failed"
      perform(tracker.failed(error, at: now()))
    }
  }

  /// Reads a page as the kit does: compared with the one that stood there before.
  private func read(_ reply: Reply, _ ordinal: Int) throws(ScanFailure) -> PageReply {
    let (status, headers, body) = try response(reply)
    let old = tracker.page(at: ordinal)
    let isExpected = old.map { $0.bytes.count == body.count && $0.bytes.bytes.elementsEqual(body) } ?? false
    let bytes = PaddedBytes(body)
    let response = HTTPResponse(status: status, headers: headers, body: isExpected ? .asExpected : .bytes(bytes))
    if let failure = ReplyJudgement.failure(response, Self.dialect) { throw failure }
    let path = Provider.path(of: conference.text)
    if isExpected, let old { return PageReply(.unchanged, next: try Self.next(old.nextPageURI, path)) }
    do throws(PageError) {
      guard let old else {
        let page = try reader.read(bytes, conference: conference)
        return try Self.reply(page, nil, path)
      }
      let (page, delta) = try reader.read(bytes, conference: conference, since: old)
      return try Self.reply(page, delta, path)
    } catch {
      throw .malformed(reason: error.description)
    }
  }

  private static func reply(_ page: Page, _ delta: PageDelta?, _ path: String) throws(PageError) -> PageReply {
    do throws(ScanFailure) {
      return PageReply(.page(page, delta), next: try next(page.nextPageURI, path))
    } catch {
      throw .malformedPage(reason: error.text)
    }
  }

  private static func next(_ link: String?, _ path: String) throws(ScanFailure) -> String? {
    guard let link else { return nil }
    do throws(LinkRefusal) {
      return try NextPageLink.query(of: link, origin: Provider.origin, path: path)
    } catch {
      throw .malformed(reason: error.text)
    }
  }

  private func response(_ reply: Reply) throws(ScanFailure) -> (Int, [String: String], [UInt8]) {
    switch reply.content {
    case .response(let status, let headers, let body): return (status, headers, body)
    case .nothing(let failure): throw ReplyJudgement.failure(failure)
    }
  }

  // MARK: Questions

  private func ask(_ question: ConferenceTracker.Action) {
    let number = poll
    let (sid, provider) = (conference.text, run.provider)
    let round = scan.round
    let isAsking: () -> Bool = { [self] in run.isAlive && poll == number && !isOver && scan.round == round }
    switch question {
    case .fetchParticipant(let call):
      scan.asks(call)
      run.polls.send(.question)
      run.judge.limit(scan.open <= ConferenceTracker.maximumConfirmationsInFlight, "questions in flight")
      provider.answer {
        provider.participant(call.text, in: sid)
      } then: { [self] reply in
        guard isAsking() else { return }
        let answer = answer(reply, about: call)
        scan.answered(call, answer, place: reply.place)
        goOn(tracker.participantAnswered(call, answer, at: now()))
      }
    case .fetchConference:
      scan.asksConference()
      run.polls.send(.question)
      provider.answer {
        provider.conference(sid)
      } then: { [self] reply in
        guard isAsking() else { return }
        let answer = answer(reply)
        scan.answeredConference(answer)
        goOn(tracker.conferenceAnswered(answer, at: now()))
      }
    case .setDeadline(let moment):
      run.after(max(0, (moment - run.time.now).wholeMilliseconds)) { [self] in
        if isAsking() { goOn(tracker.deadlinePassed(at: now())) }
      }
    case .fetchPage, .commit, .finish, .warnOfStatuses: break
    }
  }

  /// Asks on, or leaves the questions for whatever comes next.
  private func goOn(_ actions: [ConferenceTracker.Action]) {
    let isDone = actions.contains { action in
      switch action {
      case .commit, .finish, .fetchPage, .warnOfStatuses: true
      case .fetchParticipant, .fetchConference, .setDeadline: false
      }
    }
    if isDone {
      scan.endQuestions()
      perform(actions)
    } else {
      for action in actions { ask(action) }
    }
  }

  private func answer(_ reply: Reply, about call: CallSID) -> ParticipantReply {
    guard let response = single(reply) else { return .unclear }
    if ReplyJudgement.isNotFound(response) { return .notFound }
    guard response.status == 200, ReplyJudgement.json(response)?.asObject != nil, case .bytes(let body) = response.body,
      let row = ListedParticipant(record: Array(body.bytes), in: conference), row.callSID == call
    else { return .unclear }
    return .found(row)
  }

  private func answer(_ reply: Reply) -> ConferenceReply {
    guard let response = single(reply) else { return .unclear }
    if ReplyJudgement.isNotFound(response) { return .notFound }
    guard response.status == 200, let json = ReplyJudgement.json(response), let found = ListedConference(json),
      found.sid == conference
    else { return .unclear }
    return switch found.status {
    case "completed": .completed
    case "in-progress", "init": .running
    default: .unclear
    }
  }

  /// The reply to a question about one thing; the pause that it may ask for is heeded.
  private func single(_ reply: Reply) -> HTTPResponse? {
    guard case .response(let status, let headers, let body) = reply.content else { return nil }
    let response = HTTPResponse(status: status, headers: headers, body: .bytes(PaddedBytes(body)))
    if let failure = ReplyJudgement.failure(response, Self.dialect), failure.retryAfter != nil { run.failed(failure) }
    return response
  }
}
