@testable import RollcallCore

/// Checks the polls of one run against its budget: none waits too long, and no more is sent than allowed.
final class BudgetJudge {
  /// A kind of request.
  enum Request {
    /// The first request of a conference's poll, which has waited for its turn.
    case poll(String)
    /// A further page that the round includes.
    case page
    /// A request that the round does not include.
    case question
    /// The list of conferences.
    case list

    /// Whether the request waits for a turn.
    var takesTurn: Bool { if case .poll = self { true } else { false } }
  }

  /// A conference whose poll is due, or will be.
  private struct Wait {
    var due: Moment
    /// The longest worst case since then, and the longest time between two requests.
    var worstCase: Duration
    var gap: Int64
    /// The time that earlier requests still owed and the extra time used until then, recorded with the first request
    /// after the poll was due.
    var debt: Int64?
    var before = Extra()
    var isExcused = false
  }

  /// Time used outside the round, in microseconds: by extra requests and by turns not taken.
  private struct Extra {
    var questions: Int64 = 0
    var lists: Int64 = 0
    var waivers: Int64 = 0
  }

  /// How much earlier than its time a poll may begin.
  private static let burst = RequestBudget.burst.wholeMicroseconds

  private unowned let judge: Judge
  /// The time between two requests without throttling, in microseconds.
  private let gap: Int64
  private var waits: [String: Wait] = [:]
  /// The time used by the requests actually sent.
  private var taken: Int64 = 0
  /// The maximum of that time, because a poll that sends after the machine slept may use the time of another one.
  private var takenAtMost: Int64 = 0
  /// The time reserved by polls whose turn has come, and when that was; nil if the machine has slept since, and the
  /// time has been used.
  private var begun: [String: (moment: Moment?, gap: Int64)] = [:]
  /// How many turns lost their time to requests that do not wait; those polls use time when they send.
  private var borrowed = 0
  private var extra = Extra()

  init(_ judge: Judge, requestsPerSecond: Int) {
    self.judge = judge
    gap = 1_000_000 / Int64(requestsPerSecond)
  }

  private var now: Int64 { judge.now * 1000 }

  // MARK: Turns

  /// Records when a conference is due.
  func waits(_ conference: String, due: Moment, _ budget: RequestBudget) {
    waits[conference] = Wait(due: max(due, judge.now), worstCase: budget.worstCase, gap: gap(budget))
  }

  /// Records that the origin takes requests again; waiting times count from then.
  func opened() {
    for (conference, wait) in waits where wait.due < judge.now {
      waits[conference]?.due = judge.now
      waits[conference]?.debt = nil
    }
  }

  /// Records a change of the load or of the rate.
  func paced(_ budget: RequestBudget) {
    let (worstCase, gap) = (budget.worstCase, gap(budget))
    for (conference, wait) in waits {
      waits[conference]?.worstCase = max(wait.worstCase, worstCase)
      waits[conference]?.gap = max(wait.gap, gap)
    }
  }

  /// Checks a conference's turn.
  func begins(_ conference: String, _ budget: RequestBudget) {
    let ahead = begun.values.filter { $0.moment != nil }.map(\.gap).sorted().dropLast(borrowed)
    let early = taken + ahead.reduce(0, +) - now
    if early > Self.burst {
      judge.fail(.budget, "a poll began \(early / 1000) ms before the budget allowed it")
    }
    begun[conference] = (judge.now, gap(budget))
    noteDebts()
    guard let wait = waits.removeValue(forKey: conference), !wait.isExcused else { return }
    let waited = judge.now - wait.due
    // Discovery may use an eighth of the time, and one that just began may be refused and repeated.
    let share =
      waited * 1000 / Int64(RequestBudget.listShare) + wait.gap * Int64(ConferenceDiscovery.statuses.count * 2)
    let lists = min(extra.lists - wait.before.lists, share)
    let (questions, waivers) = (extra.questions - wait.before.questions, extra.waivers - wait.before.waivers)
    let others = ((wait.debt ?? 0) + lists + questions + waivers) / 1000
    // The longer interval of an empty room counts for the worst case too.
    let interval = judge.conferences[conference]?.longestInterval ?? 0
    let allowed = max(wait.worstCase.wholeMilliseconds, interval) + others
    guard waited > allowed else { return }
    let shares = (debt: wait.debt ?? 0, lists: lists, questions: questions, waivers: waivers)
    judge.fail(
      .budget,
      "a poll of \(conference) waited \(waited) ms, expected at most \(allowed) ms: \(wait.worstCase) and \(shares) µs")
  }

  /// Records a turn in which nothing is sent.
  func waives(_ conference: String) {
    guard let turn = begun.removeValue(forKey: conference) else { return }
    if turn.moment == nil { taken -= turn.gap }
    // Its time may pass before another request can use it.
    extra.waivers += turn.gap
  }

  func excuseAll() {
    for conference in waits.keys { waits[conference]?.isExcused = true }
    // Their time was used earlier, although they only send now.
    for (conference, turn) in begun {
      if let moment = turn.moment { taken = max(taken, moment * 1000) + turn.gap }
      begun[conference] = (nil, turn.gap)
    }
    takenAtMost = max(takenAtMost, taken)
  }

  private func noteDebts() {
    for (conference, wait) in waits where wait.debt == nil && wait.due <= judge.now {
      waits[conference]?.debt = max(0, takenAtMost - wait.due * 1000)
      waits[conference]?.before = extra
    }
  }

  // MARK: Requests

  func sends(_ request: Request, _ budget: RequestBudget) {
    noteDebts()
    var time = gap(budget)
    switch request {
    case .poll(let conference):
      guard let turn = begun.removeValue(forKey: conference) else {
        return judge.fail(.budget, "a poll began although it was not its turn")
      }
      guard let moment = turn.moment else {
        takenAtMost = max(takenAtMost, now) + turn.gap
        return
      }
      if moment != judge.now { judge.fail(.budget, "a poll began later than its turn") }
      time = turn.gap
    case .page: break
    case .question: extra.questions += time
    case .list: extra.lists += time
    }
    if !request.takesTurn { borrowed += 1 }
    borrowed = min(borrowed, begun.count)
    takenAtMost = max(takenAtMost, now) + time
    // The first request after the machine slept may use the time of an earlier turn.
    if !request.takesTurn, begun.values.contains(where: { $0.moment == nil }) { return }
    taken = max(taken, now) + time
  }

  private func gap(_ budget: RequestBudget) -> Int64 { max(gap, budget.currentSpacing) }
}
