@testable import RollcallCore

@testable import RollcallKit

/// Observes the polls of one process: requests and replies from outside, turns and decisions from inside.
///
/// Unchecked because everything of a seed runs on one thread.
final class PollWitness: PollObserver, @unchecked Sendable {
  private let judge: Judge
  private let agenda: Agenda
  private let trace: Trace
  private let budgetJudge: BudgetJudge
  private var records: [String: PollRecord] = [:]
  /// The process's request budget when last read.
  private var lastBudget: RequestBudget
  /// Reads the current request budget; nil before there is a watch.
  var readBudget: (() -> RequestBudget)?
  private(set) var polls = 0
  private var tagJudge = TagJudge()
  private var discovery = DiscoveryJudge()
  private var refusals = RefusalJudge()
  private var hints = HintJudge()
  /// When the last 429 arrived, how many seconds since then had a complete poll, and the last of these seconds.
  private var goodSeconds = (since: Moment(0), count: 0, last: Int64(0))
  /// The number of such seconds after which the full rate is back, with one extra at either end.
  private static let recovery = 12

  init(_ judge: Judge, agenda: Agenda, trace: Trace, budget: RequestBudget) {
    self.judge = judge
    self.agenda = agenda
    self.trace = trace
    lastBudget = budget
    budgetJudge = BudgetJudge(judge, requestsPerSecond: judge.plan.requestsPerSecond)
  }

  // MARK: Turns

  func pollIsDue(_ conference: ConferenceSID, at moment: BootInstant) {
    let due = (moment.nanoseconds + 999_999) / 1_000_000
    trace.note("\(conference) is due at \(due)")
    records[conference.text, default: PollRecord()].dueAt = due
    budgetJudge.waits(conference.text, due: due, budget())
  }

  /// Records that the process gets a hint.
  func hinted(_ conference: ConferenceSID) {
    trace.note("a hint for \(conference)")
    // Hints only affect conferences that are being polled.
    guard let record = records[conference.text], record.excuse == nil, record.lastEnd != nil, !record.hasTurn else {
      return
    }
    hints.hinted(conference.text, at: agenda.now)
  }

  func turnBegan(_ conference: ConferenceSID) {
    trace.note("\(conference) has its turn")
    if let flaw = hints.pollBegins(conference.text, at: agenda.now, budget()) {
      judge.fail(.hint, "\(conference): \(flaw)")
    }
    records[conference.text, default: PollRecord()].hasTurn = true
    budgetJudge.begins(conference.text, budget())
  }

  func turnWaived(_ conference: ConferenceSID) {
    trace.note("\(conference) gives up its turn")
    records[conference.text]?.hasTurn = false
    records[conference.text]?.excuse = "waived"
    hints.excuse(conference.text)
    budgetJudge.waives(conference.text)
  }

  func originOpened() {
    trace.note("the origin takes requests again")
    if let flaw = refusals.opened(at: agenda.now) { judge.fail(.refusal, flaw) }
    budgetJudge.opened()
    hints.excuseAll()
  }

  /// Returns the current request budget.
  @discardableResult
  func budget() -> RequestBudget {
    guard let budget = readBudget?() else { return lastBudget }
    defer { lastBudget = budget }
    if budget.isThrottled || lastBudget.isThrottled { hints.throttled(at: agenda.now) }
    if budget.worstCase != lastBudget.worstCase || budget.currentSpacing != lastBudget.currentSpacing {
      budgetJudge.paced(budget)
      for judge in judge.conferences.values { judge.paced(budget.usualWorstCase) }
    }
    return budget
  }

  /// Excuses missing scans for a reason other than the polls.
  func excuseAll(_ reason: String) {
    for conference in records.keys { records[conference]?.excuse = reason }
    hints.excuseAll()
  }

  /// Records that the machine slept, so that no turn came meanwhile.
  func suspended() {
    excuseAll("suspended")
    budgetJudge.excuseAll()
  }

  /// Records a notice about polls.
  func noticed(_ notice: PollNotice) {
    if case .origin(.failing(.discovery, _), _) = notice { discovery.isReportedFailing = true }
    if case .origin(.recovered(.discovery), _) = notice { discovery.isReportedFailing = false }
    if case .etagsRepeat = notice,
      let flaw = tagJudge.saysThatTagsLie(records.values.contains { $0.pages.showsLie })
    {
      judge.fail(.wire, flaw)
    }
  }

  // MARK: Requests

  /// - Parameter tag: the tag in `If-None-Match`; nil for an unconditional request.
  /// - Returns: the number of the poll that the request belongs to.
  func sends(_ question: ProviderTransport.Question, naming tag: String?) -> Int {
    guard let conference = question.conference else {
      budgetJudge.sends(.list, budget())
      return 0
    }
    var record = records[conference, default: PollRecord()]
    defer { records[conference] = record }
    switch question {
    case .page(_, let query):
      judge.asks(query)
      let beginsPoll = record.hasTurn
      if beginsPoll {
        record.begin(at: agenda.now, isConditional: tag != nil)
        polls += 1
        budgetJudge.sends(.poll(conference), budget())
      } else {
        if query == nil { record.beginPass() }
        budgetJudge.sends(record.asksPage() ? .page : .question, budget())
      }
      guard let tag else { break }
      let begun = beginsPoll ? agenda.now : nil
      if let flaw = tagJudge.asks(about: query, naming: tag, record, begun: begun) { judge.fail(.wire, flaw) }
    case .participant(let call, _):
      record.asks(call)
      judge.limit(
        record.open <= ConferenceTracker.maximumConfirmationsInFlight, "\(record.open) confirmations in flight")
      budgetJudge.sends(.question, budget())
    case .conference:
      record.asksConference()
      budgetJudge.sends(.question, budget())
    case .conferences: break
    }
    return record.number
  }

  /// Returns the page that a process keeps from its last complete scan.
  func keptPage(of conference: String, _ query: String?) -> KeptPages.Page? { records[conference]?.pages.next(query) }

  /// - Parameter tag: the page's tag; nil if it has none, or if the reply is not a page.
  func receives(_ reply: Reply, to question: ProviderTransport.Question, _ number: Int, tag: String? = nil) {
    trace.note(
      "answered \(question): \(reply.status.map { "\($0)" } ?? "nothing")\(reply.rows == nil ? "" : ", a page")")
    if question.conference == nil, let flaw = discovery.answered(isValid: reply.isListOfConferences) {
      judge.fail(.gap, flaw)
    }
    noteRefusal(reply, to: question)
    if reply.status == 429 { goodSeconds = (agenda.now, 0, 0) }
    guard let conference = question.conference, var record = records[conference], record.number == number else {
      return
    }
    defer { records[conference] = record }
    switch question {
    case .page(_, let query):
      if let rows = reply.rows {
        judge.conferences[conference]?.pageArrived()
        if let tag {
          let body = reply.body ?? record.pages.next(query)?.body ?? []
          record.pages.receive(KeptPages.Page(query: query, tag: tag, body: body, rows: rows))
        }
        record.show(rows, at: judge.time.now)
      } else {
        record.pageFailed()
      }
    case .participant(let call, _): record.answered(call, place: reply.place)
    case .conference: record.answeredConference(isRunning: reply.showsRunningConference)
    case .conferences: break
    }
  }

  private func noteRefusal(_ reply: Reply, to question: ProviderTransport.Question) {
    if let pause = reply.pause { refusals.asksForPause(pause, at: agenda.now) }
    switch question {
    case .page, .conferences:
      refusals.answered(question.conference, status: reply.status, isAccepted: reply.rows != nil, at: agenda.now)
    case .participant, .conference: break
    }
  }

  // MARK: Outcomes of polls

  func pollDecided(_ conference: ConferenceSID, _ outcome: PollOutcome) {
    guard var record = records[conference.text] else { return }
    defer { records[conference.text] = record }
    record.endQuestions()
    switch outcome {
    case .complete, .ended:
      if outcome == .complete, record.hasFailedPage {
        judge.fail(.limits, "a scan with an invalid page counts as complete")
      }
      judge.conferences[conference.text]?.scanned(record)
    case .failed(let failure) where record.showsOneValidPage:
      if case .malformed(let reason) = failure.kind { judge.fail(.limits, "a valid page was rejected: \(reason)") }
    case .failed, .unknown, .over: break
    }
  }

  func pollEnded(_ conference: ConferenceSID, _ outcome: PollOutcome, _ tracker: ConferenceTracker) {
    trace.note("\(conference) poll \(outcome)")
    guard var record = records[conference.text] else { return }
    defer { records[conference.text] = record }
    hints.pollEnded(conference.text, isComplete: outcome == .complete, at: agenda.now)
    if record.pages.showsLie, let flaw = tagJudge.endedWithLie() { judge.fail(.wire, flaw) }
    switch outcome {
    case .complete:
      judge.conferences[conference.text]?.completed(record, tracker.room, interval: tracker.intervalInForce)
      judge.conferences[conference.text]?.paced(budget().usualWorstCase)
      record.completed(at: agenda.now, keepsPages: tracker.page(at: 0) != nil)
      checkRecovery()
    case .failed: record.excuse = "failed"
    case .ended, .unknown, .over: break
    }
  }
}

extension PollWitness {
  /// Checks that a halved rate comes back while polls are complete and nothing is throttled.
  private func checkRecovery() {
    let second = (agenda.now - goodSeconds.since) / 1000
    guard second > goodSeconds.last else { return }
    goodSeconds = (goodSeconds.since, goodSeconds.count + 1, second)
    guard goodSeconds.count > Self.recovery, budget().isThrottled else { return }
    judge.fail(
      .budget, "the rate has not recovered after \(goodSeconds.count) seconds with a complete poll and without a 429")
  }
}

extension Reply {
  fileprivate var status: Int? {
    if case .response(let status, _, _) = content { status } else { nil }
  }

  /// The maximum pause that the reply may ask for, in milliseconds; nil if it asks for none.
  fileprivate var pause: Int64? {
    guard case .response(_, let headers, _) = content, let text = headers["retry-after"] else { return nil }
    return Int64(text).map { $0 * 1000 } ?? ProviderFaults.longestDatedPause
  }

  /// Whether the reply is a conference's own resource and shows that the conference is running.
  fileprivate var showsRunningConference: Bool {
    guard case .response(200, _, let body) = content, let json = try? JSONReader.read(body) else { return false }
    return ["in-progress", "init"].contains(json["status"]?.asText ?? "")
  }
}
