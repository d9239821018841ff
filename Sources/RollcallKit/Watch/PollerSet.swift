package import RollcallCore

/// Watches several conferences at once, from their first scans to the end of the run.
package actor PollerSet {
  let loop: EventLoop
  let clock: StreamClock
  let publish: @Sendable (PollCommit) async -> CommitOutcome
  let undelivered: @Sendable () async -> Int
  private let api: ConferenceAPI
  private let observer: (any PollObserver)?
  private let hints: HintQueue?
  /// Conferences for which a hint has arrived and that are not watched yet.
  private var hintedUnknown: Set<ConferenceSID> = []
  let settings: WatchSettings
  nonisolated let origin: GovernedOrigin
  /// The pollers by number, from 0 in the order in which they started.
  private var pollers: [Int: (sid: ConferenceSID, poller: ConferencePoller)] = [:]
  /// The pollers that failed, so that a later run does not take their conferences for new ones.
  private var failed: [(sid: ConferenceSID, poller: ConferencePoller)] = []
  /// nil if the conferences are named by sid.
  private(set) var discovery: DiscoveryPoller?
  /// The discovery question, as stored.
  private var question = ""
  /// When the last complete answer whose conferences are all watched was requested.
  private var answerAskedAt: Timestamp?
  /// The last answer that was saved, and when.
  private var savedAnswer: (askedAt: Timestamp, at: BootInstant)?
  /// Fires when the next poll may begin; nil if no task sleeps on it.
  private var timer: SleepTimer?
  /// When the run began.
  private var start: BootInstant
  /// The number of conferences watched so far, including ended ones.
  private var begun = 0
  var hasWarnedOfBudget = false
  /// Whether the origin has been closed to requests since the last poll began.
  private var wasClosed = false

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - hints: says when to poll a conference at once; nil if nothing does.
  ///   - undelivered: the number of undelivered events, for heartbeats.
  ///   - publish: stores a poll's events; returns once they are stored, or given up because the run ends.
  package init(
    on loop: EventLoop, clock: StreamClock, api: ConferenceAPI, settings: WatchSettings,
    observer: (any PollObserver)? = nil, hints: HintQueue? = nil,
    undelivered: @escaping @Sendable () async -> Int = { 0 },
    publish: @escaping @Sendable (PollCommit) async -> CommitOutcome
  ) {
    self.loop = loop
    self.clock = clock
    self.settings = settings
    self.observer = observer
    self.hints = hints
    self.undelivered = undelivered
    start = loop.now
    self.publish = publish
    let budget = RequestBudget(requestsPerSecond: settings.requestsPerSecond, interval: settings.interval)
    let origin = GovernedOrigin(on: loop, clock: clock, token: api.token, budget: budget, notify: settings.show)
    self.origin = origin
    self.api = api.reportingDemands { origin.heed($0) }.hidingIdentifiers(settings.redaction != nil)
      .withTransport { GovernedTransport(base: $0, origin: origin) }
  }

  /// Reloads the token, as after SIGHUP, and tries it at once if the old one was refused.
  package func renewToken() {
    origin.renewToken()
    beginPollsSoon()
  }

  /// Makes the run check soon which polls may begin.
  func beginPollsSoon() { timer.map(loop.wake) }

  /// The result of one of the run's tasks.
  private enum Step: Sendable {
    case stepped(Int, ConferencePoller.Next)
    case looked([ConferenceDiscovery.Action])
    /// The timer has fired, so polls may be due.
    case due
    case cancelled
  }

  /// Watches conferences, each named once, until all have ended, one of them cannot be watched, or the task is
  /// cancelled. Call it once.
  ///
  /// - Returns: the outcome of each conference, except those still being watched.
  package func run(_ conferences: [ConferenceSID]) async -> [ConferenceSID: PollOutcome] {
    start = loop.now
    var endings: [ConferenceSID: PollOutcome] = [:]
    guard !conferences.isEmpty else { return endings }
    for (index, sid) in conferences.enumerated() { await add(sid, nil, .named, startIndex: index) }
    await withTaskGroup(of: Step.self) { group in
      addHousekeeping(to: &group)
      beginPolls(&group)
      for await step in group {
        if let (sid, ending) = take(step) {
          endings[sid] = ending
          if ending == .over { settings.show(.over(sid, othersGoOn: !pollers.isEmpty)) }
          if Self.endsAll(ending) || pollers.isEmpty { await end(&group) } else { origin.remove(.poll(of: sid)) }
        }
        beginPolls(&group)
      }
    }
    await saveAll()
    return endings
  }

  /// Watches the conferences that discovery finds. Call it once.
  ///
  /// - Returns: how that ended; nil if the task was cancelled.
  package func run(_ selection: ConferenceSelection) async -> PollOutcome? {
    start = loop.now
    let discovery = discovery(of: selection)
    self.discovery = discovery
    var result: PollOutcome?
    await withTaskGroup(of: Step.self) { group in
      result = await perform(await discovery.begin(), discovery, &group)
      group.addTask { .looked(await discovery.look()) }
      addHousekeeping(to: &group)
      beginPolls(&group)
      for await step in group {
        var actions: [ConferenceDiscovery.Action] = []
        var left: ConferenceSID?
        if case .looked(let found) = step {
          actions = found
        } else if let (sid, ending) = take(step) {
          actions = await discovery.pollingEnded(sid, ending)
          left = sid
        }
        guard result == nil else { continue }
        result = await perform(actions, discovery, &group)
        answerAskedAt = await discovery.answerAskedAt
        if result != nil { await end(&group) } else if let left { origin.remove(.poll(of: left)) }
        beginPolls(&group)
      }
    }
    await saveAll()
    return result
  }

  private func end(_ group: inout TaskGroup<Step>) async {
    group.cancelAll()
    await settings.endsWaiting()
  }

  private func discovery(of selection: ConferenceSelection) -> DiscoveryPoller {
    question = selection.question(shard: settings.shard, redaction: settings.redaction)
    let known = (settings.saved ?? [:]).values
      .map { ConferenceDiscovery.Candidate(sid: $0.conference, friendlyName: $0.friendlyName ?? "", status: "") }
      .filter {
        selection.contains(friendlyName: $0.friendlyName) && settings.shard?.contains($0.sid) != false
      }
      .sorted { $0.sid < $1.sid }
    return DiscoveryPoller(
      ConferenceDiscovery(
        selection, shard: settings.shard, interval: settings.discoveryInterval, waits: settings.waits,
        scansOnce: settings.scansOnce, over: settings.over, known: known, saved: settings.discoveries[question]),
      on: loop, clock: clock, api: api, origin: origin)
  }

  private func perform(
    _ actions: [ConferenceDiscovery.Action], _ discovery: DiscoveryPoller, _ group: inout TaskGroup<Step>
  ) async -> PollOutcome? {
    for (index, action) in actions.enumerated() {
      switch action {
      case .watch(let sid, let name, let origin): await add(sid, name, origin, startIndex: index)
      case .askAgain: group.addTask { .looked(await discovery.look()) }
      case .showNoConference: settings.show(.noneFound)
      case .finish(let ending): return ending
      }
    }
    return nil
  }

  private func add(
    _ sid: ConferenceSID, _ friendlyName: String?, _ origin: ConferenceTracker.Origin, startIndex: Int
  ) async {
    var tracker = ConferenceTracker(
      conference: sid, friendlyName: friendlyName, origin: origin, saved: settings.saved?[sid],
      keepsRoom: settings.saved != nil, redaction: settings.redaction, confirmsLeft: settings.confirmsLeft,
      alerts: settings.alerts, interval: settings.interval, version: RollcallVersion.number)
    tracker.resume(reportsRestart: !settings.scansOnce)
    let number = begun
    let poller = ConferencePoller(
      tracker, number: number, spread: PollSpread(index: number, startIndex: startIndex), runStart: start, on: loop,
      clock: clock, api: api, origin: self.origin, settings: settings, observer: observer, publish: publish)
    begun += 1
    pollers[number] = (sid, poller)
    _ = take(number, await poller.begin())
    if hintedUnknown.remove(sid) != nil { await take(hint: sid) }
  }

  /// Handles the result of a task.
  ///
  /// - Returns: a conference that is no longer watched, and why.
  private func take(_ step: Step) -> (ConferenceSID, PollOutcome)? {
    switch step {
    case .stepped(let number, let next): return take(number, next)
    case .due: timer = nil
    case .looked, .cancelled: break
    }
    return nil
  }

  private func take(_ number: Int, _ next: ConferencePoller.Next) -> (ConferenceSID, PollOutcome)? {
    guard let sid = pollers[number]?.sid else { return nil }
    switch next {
    case .again(let due, let isBusy, let deadline):
      origin.govern { governor, _ in governor.enqueue(number, due: due, isBusy: isBusy, deadline: deadline) }
      observer?.pollIsDue(sid, at: BootInstant(due))
      return nil
    case .over(let outcome):
      guard let outcome else { return nil }
      if case .failed = outcome, let poller = pollers[number]?.poller { failed.append((sid, poller)) }
      pollers[number] = nil
      return (sid, outcome)
    }
  }

  /// Begins the polls whose turn has come, and sets the timer for the next ones.
  private func beginPolls(_ group: inout TaskGroup<Step>) {
    guard !group.isCancelled else { return }
    while let turn = origin.nextTurn() {
      switch turn {
      case .poll(let number):
        guard let (sid, poller) = pollers[number] else { continue }
        if wasClosed { observer?.originOpened() }
        wasClosed = false
        observer?.turnBegan(sid)
        group.addTask { .stepped(number, await poller.step()) }
      case .late(let number, let failure):
        guard let poller = pollers[number]?.poller else { continue }
        group.addTask { .stepped(number, await poller.giveUp(failure)) }
      }
    }
    let (wakeTime, isClosed) = origin.govern { governor, now in
      (governor.wakeTime(after: now).map(BootInstant.init), governor.suspension(at: now) != nil)
    }
    wasClosed = wasClosed || isClosed
    guard let wakeTime else { return }
    if let timer { return loop.move(timer, to: wakeTime) }
    let timer = loop.timer(for: wakeTime)
    self.timer = timer
    group.addTask { [loop] in
      try? await loop.sleep(timer)
      return .due
    }
  }

  /// Saves what the last commits do not include, concurrently, so that all rooms share a transaction.
  private func saveAll() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.saveAnswer() }
      for poller in pollersInOrder { group.addTask { await poller.save() } }
    }
  }

  /// Whether discovery has an unsaved answer, and none was saved recently.
  var isAnswerDue: Bool {
    guard settings.saved != nil, let answerAskedAt, answerAskedAt != savedAnswer?.askedAt else { return false }
    return savedAnswer.map { loop.now >= $0.at.advanced(by: Self.answerSavingInterval) } ?? true
  }

  /// Saves the last discovery answer, so that a later run knows what has begun since.
  func saveAnswer() async {
    guard settings.saved != nil, let askedAt = answerAskedAt, askedAt != savedAnswer?.askedAt else { return }
    savedAnswer = (askedAt, loop.now)
    var answer = SavedDiscovery(question: question, askedAt: askedAt)
    for (sid, poller) in pollers.values + failed where settings.saved?[sid] == nil {
      guard let origin = await poller.unsavedOrigin else { continue }
      switch origin {
      case .named, .foundAtStart: answer.unscanned[sid] = .some(nil)
      case .foundLater(let after): answer.unscanned[sid] = .some(after)
      }
    }
    _ = await publish(PollCommit([], discovery: answer))
  }

  /// The pollers in the order in which they started, so that equal runs emit events in equal order.
  var pollersInOrder: [ConferencePoller] {
    pollers.sorted { $0.key < $1.key }.map(\.value.poller)
  }

  /// The minimum time between two saves of discovery answers.
  private static let answerSavingInterval: Duration = .seconds(10)

  private static func endsAll(_ ending: PollOutcome) -> Bool {
    switch ending {
    case .unknown, .failed: true
    case .ended, .over, .complete: false
    }
  }

  private func addHousekeeping(to group: inout TaskGroup<Step>) {
    group.addTask {
      await self.keepHouse()
      return .cancelled
    }
    if let hints {
      group.addTask {
        await self.take(hints)
        return .cancelled
      }
    }
    guard let heartbeat = settings.heartbeat else { return }
    group.addTask {
      await self.beat(every: heartbeat)
      return .cancelled
    }
  }
}

/// Brings polls and discovery forward when hints arrive.
extension PollerSet {
  /// The maximum number of unwatched conferences whose hints are remembered until discovery finds them.
  private static let maximumHintedUnknown = 1000

  /// Takes hints until the task is cancelled.
  private func take(_ hints: HintQueue) async {
    for await _ in hints.arrivals {
      for conference in hints.takeAll() { await take(hint: conference) }
      beginPollsSoon()
    }
  }

  /// Polls a conference soon, or looks for it if it is not watched yet.
  private func take(hint conference: ConferenceSID) async {
    let number = origin.govern { governor, _ in governor.number(of: conference) }
    if let number, let poller = pollers[number]?.poller {
      if let due = await poller.hint() { observer?.pollIsDue(conference, at: due) }
      return
    }
    guard settings.shard?.contains(conference) != false, let discovery, await discovery.hint(conference) else { return }
    if hintedUnknown.count >= Self.maximumHintedUnknown { hintedUnknown = [] }
    hintedUnknown.insert(conference)
  }
}

/// Housekeeping beside the polls, once a second.
extension PollerSet {
  /// The interval between two checks for outages.
  private static let housekeeping: Duration = .seconds(1)

  /// Checks outages, saves and the budget until the task is cancelled.
  func keepHouse() async {
    await withDiscardingTaskGroup { group in
      do throws(CancellationError) {
        while true {
          let due = loop.now.advanced(by: Self.housekeeping)
          try await loop.sleep(until: due)
          clock.noteSuspension(since: due)
          warnOfBudget()
          if origin.renewChangedToken() { beginPollsSoon() }
          await check(&group)
        }
      } catch {
        return
      }
    }
  }

  /// Checks each conference in a task of its own, so that saves share a transaction, and one that cannot be stored now
  /// delays no other.
  private func check(_ group: inout DiscardingTaskGroup) async {
    // No event can be emitted before the store takes commits again.
    guard settings.storeObstacle() == nil else { return }
    if isAnswerDue { group.addTask { await self.saveAnswer() } }
    for poller in pollersInOrder where await poller.isDueForCheck() {
      group.addTask { await poller.check() }
    }
  }

  /// Warns, once, if the budget does not allow the requested interval.
  private func warnOfBudget() {
    guard !hasWarnedOfBudget else { return }
    let budget = origin.budget
    guard budget.isExceeded, !budget.isThrottled else { return }
    hasWarnedOfBudget = true
    settings.show(
      .overBudget(needed: budget.needed, allowed: settings.requestsPerSecond, worstCase: budget.worstCase))
  }
}
