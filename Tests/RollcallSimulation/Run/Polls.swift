import RollcallCore

/// Which poll begins when, and how many requests the provider is sent: does what the kit's `ConferenceWatch`, `PollPace`
/// and `PacedTransport` do.
final class Polls {
  private unowned let run: Run
  private let judge: BudgetJudge
  private(set) var budget: RequestBudget
  private var agenda = PollAgenda()
  private var watchers: [Int: Watcher] = [:]
  /// When the agenda is asked again; nil where nothing is due.
  private var wakeTime: Moment?
  /// How many conferences have been watched so far, those that are over included.
  private(set) var conferences = 0

  init(_ run: Run) {
    self.run = run
    budget = RequestBudget(
      requestsPerSecond: run.plan.requestsPerSecond, interval: .milliseconds(run.plan.interval))
    judge = BudgetJudge(run.judge, requestsPerSecond: run.plan.requestsPerSecond)
  }

  private var now: Timestamp { Timestamp(milliseconds: run.agenda.now) }

  // MARK: Whose turn it is

  /// A conference is watched from now on.
  func watch(_ watcher: Watcher) {
    watchers[watcher.number] = watcher
    conferences += 1
    add(pages: watcher.pages)
    add(watcher, isBusy: true)
  }

  /// A conference is watched no longer.
  func leave(_ watcher: Watcher) {
    watchers[watcher.number] = nil
    add(pages: -watcher.pages)
  }

  /// Notes when a conference is due.
  func add(_ watcher: Watcher, isBusy: Bool) {
    agenda.add(watcher.number, due: Timestamp(milliseconds: watcher.dueAt), isBusy: isBusy)
    run.trace.note("\(watcher.number) is due at \(watcher.dueAt)")
    judge.waits(watcher.number, due: watcher.dueAt, budget)
  }

  /// Begins the polls whose time has come, and sees to it that the next ones begin in time.
  func begin() {
    guard !run.isStopping else { return }
    while let number = next() {
      guard let watcher = watchers[number] else {
        budget.waive()
        continue
      }
      run.trace.note("the turn of \(number)")
      judge.begins(number, budget)
      run.after(0) { watcher.turn() }
    }
    guard let moment = agenda.wakeTime(budget)?.milliseconds, moment < wakeTime ?? .max else { return }
    wakeTime = moment
    run.at(moment + run.simulation.pollDelay) { [self] in
      guard wakeTime == moment else { return }
      wakeTime = nil
      begin()
    }
  }

  private func next() -> Int? {
    guard run.simulation.ignoresBudget else { return agenda.next(at: now, &budget) }
    var ample = RequestBudget(requestsPerSecond: RequestBudget.bounds.upperBound, interval: budget.interval)
    return agenda.next(at: now, &ample)
  }

  /// A poll that has begun sends nothing.
  func waive(_ watcher: Watcher) {
    run.trace.note("\(watcher.number) does not take its turn")
    budget.waive()
    judge.waives(watcher.number)
  }

  /// A round has so many requests more.
  func add(pages: Int) {
    budget.add(pages: pages)
    judge.paced(budget)
  }

  // MARK: What is sent

  func send(_ kind: BudgetJudge.Request) {
    run.trace.note("sends \(kind), the next poll may begin at \(budget.opensAt.milliseconds)")
    judge.sends(kind, budget)
    budget.send(at: now)
    // Here never as many replies are missing at a time as may be.
    budget.received()
  }

  func throttled() {
    budget.throttled(at: now)
    judge.paced(budget)
  }

  func succeeded() { budget.succeeded() }

  /// Lets go of the watchers, who hold the run.
  func discard() { watchers = [:] }

  /// The machine has slept: nobody's turn came meanwhile.
  func suspended() { judge.excuseAll() }
}
