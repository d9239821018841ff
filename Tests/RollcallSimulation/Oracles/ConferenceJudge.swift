@testable import RollcallCore

/// Checks the events of one conference against the truth and the lists.
final class ConferenceJudge {
  /// Consecutive complete scans without a participant, and since when by the stream's time.
  fileprivate struct Absence {
    var scans: Int
    var since: Timestamp
  }

  /// The judge's knowledge at one time, to return to when an older copy of the state file is restored.
  struct Memory {
    fileprivate(set) var consumer = Consumer()
    fileprivate var alerts = AlertJudge()
    fileprivate var absences: [String: Absence] = [:]
    /// Absences that ended, and when.
    fileprivate var overcome: [String: (absence: Absence, at: Moment)] = [:]
    /// The calls that the last scan listed although they had left and were not in the room.
    fileprivate var doubted: Set<String> = []
    fileprivate var leftAt: [String: Timestamp] = [:]
    /// The calls that had left and still had a row in the last complete scan.
    fileprivate var lingering: Set<String> = []
    /// The earliest and the latest stream time at which the last complete scan may have ended.
    fileprivate var lastEnd: (earliest: Timestamp, latest: Timestamp)?
    fileprivate var lastPage: Timestamp?
    /// The reason of the outage that the current scan bridges.
    fileprivate var resumedBy: String?
    fileprivate var wasInterrupted = false
    /// The intervals in force since the last complete scan, in milliseconds.
    fileprivate var paces: ClosedRange<Int64>
  }

  private static let insistentScans = 30
  private static let insistentTime: Int64 = 60_000
  /// Ten seconds, plus the delays of a full disk and a restart.
  private static let savingTime: Int64 = 45_000
  private static let questionTime: Int64 = 2000
  private static let returnTime: Int64 = 600_000
  private static let shortestGap: Int64 = 10_000
  /// The maximum time to notice and store an outage, which is checked once a second.
  private static let noticeTime: Int64 = 1500
  private static let idleInterval: Int64 = 10_000

  unowned let judge: Judge
  let room: TrueConference
  let truth: TruthOracle
  private(set) var memory: Memory
  /// The number of complete scans since the calm began.
  private(set) var calmScans = 0
  /// When the first complete scan of the calm was complete.
  private var firstCalmScan: Moment?
  /// When the running process's last complete scan was stored; nil before the first.
  private var storedAt: Moment?
  /// The scan being stored; nil once it is.
  private var scan: PollRecord?

  init(_ room: TrueConference, judge: Judge) {
    self.room = room
    self.judge = judge
    truth = TruthOracle(room, plan: judge.plan, time: judge.time)
    memory = Memory(paces: judge.plan.interval...judge.plan.interval)
  }

  var consumer: Consumer { memory.consumer }

  /// Returns to earlier knowledge, or to none if it is nil.
  func goBack(to earlier: Memory?) { memory = earlier ?? Memory(paces: judge.plan.interval...judge.plan.interval) }

  private func fail(_ oracle: Oracle, _ text: @autoclosure () -> String) {
    judge.fail(oracle, "\(room.sid): \(text())")
  }

  // MARK: Events

  func fold(_ event: ConsumedEvent) {
    if judge.plan.shard?.contains(room.conference) == false {
      fail(.limits, "an event was emitted for a conference of another shard")
    }
    memory.wasInterrupted = memory.consumer.isInterrupted
    if let flaw = memory.consumer.fold(event) {
      fail(event.alert == nil ? .fold : .alert, "\(event.sequence): \(flaw)")
    }
    let call = event.call ?? ""
    switch event.type {
    case .participantLeft:
      memory.leftAt[call] = event.timestamp
      guard !isInsisted(event, of: call) else { break }
      if let lie = truth.departure(event) {
        fail(.falseLeft, "\(lie), absence: \(memory.absences[call].map { "\($0)" } ?? "none")")
      }
    case .watchInterrupted: checkInterruption(event)
    case .watchResumed: checkResumption(event)
    case .participantPresent, .participantJoined, .participantMuted, .participantUnmuted, .participantHeld,
      .participantUnheld, .participantCoachingStarted, .participantCoachingStopped, .participantUpdated,
      .conferencePresent, .conferenceStarted, .conferenceEnded:
      if event.endsStay { break }
      if event.isBaseline, let answered = judge.answeredBefore, room.startedAt > answered {
        fail(.time, "it began after the discovery answer of \(answered) but was reported as a baseline")
      }
      if let lie = truth.lie(event, hasLeft: memory.leftAt[call] != nil) { fail(.time, lie) }
    case .alertRaised, .alertResolved, .watchStarted, .watchHeartbeat, .watchStopped: break
    }
  }

  /// Checks the alerts after all events of a commit are folded.
  func committed(_ events: [ConsumedEvent]) {
    for flaw in memory.alerts.committed(commit(events)) { fail(.alert, flaw) }
  }

  private func commit(_ events: [ConsumedEvent] = []) -> AlertJudge.Commit {
    AlertJudge.Commit(
      events: events, consumer: memory.consumer, conditions: judge.alerts, poll: scan, room: room)
  }

  /// Returns whether the list was consistent for long enough to be believed without confirmation.
  private func isInsisted(_ event: ConsumedEvent, of call: String) -> Bool {
    guard event.evidence == "list_only", judge.plan.confirmsLeft, let absence = memory.absences[call] else {
      return false
    }
    let lasted = (event.timestamp - absence.since).wholeMilliseconds
    // The time between the list and the decision does not count there.
    return absence.scans >= Self.insistentScans && lasted >= Self.insistentTime - Self.questionTime
  }

  /// Checks a process that continues from the saved room. Counters are saved at most every 10 s, so a crash may lose a
  /// recent listing, and the absence then continues.
  func resume(_ saved: Room) {
    expect(saved, "the saved room")
    // A doubt may have been saved although its poll emitted nothing.
    memory.doubted.formUnion(saved.returning.keys.map(\.text))
    // The process does not know the last list of the previous run.
    memory.lingering.formUnion(memory.leftAt.keys)
    for (call, ended) in memory.overcome where judge.now - ended.at < Self.savingTime {
      let scans = ended.absence.scans + (memory.absences[call]?.scans ?? 0)
      memory.absences[call] = Absence(scans: scans, since: ended.absence.since)
    }
    // If the clock was set back, stream time that was not stored occurs again.
    for (call, absence) in memory.absences { memory.absences[call]?.since = min(absence.since, judge.time.now) }
  }

  // MARK: Scans

  /// The maximum time between polls if the budget allows it; an empty room is polled less often.
  var longestInterval: Int64 {
    memory.consumer.people.isEmpty ? max(judge.plan.interval, Self.idleInterval) : judge.plan.interval
  }

  /// Records a complete scan whose results are about to be stored.
  func scanned(_ poll: PollRecord) {
    scan = poll
    let arrival = poll.firstPage ?? judge.time.now
    let merged = poll.merged(in: room)
    for call in memory.consumer.people.keys {
      if merged[call]?.version(in: room).state.place == .inRoom {
        if let absence = memory.absences.removeValue(forKey: call) { memory.overcome[call] = (absence, judge.now) }
      } else {
        let before = memory.absences[call]
        memory.absences[call] = Absence(scans: (before?.scans ?? 0) + 1, since: before?.since ?? arrival)
      }
    }
    // The budget's judge checks how long the conference waits for its turn.
    if let last = poll.lastEnd, poll.excuse == nil {
      let pause = poll.wasDueAt - last
      if pause > longestInterval {
        fail(.missed, "no scan for \(pause) ms without a reason, expected one within \(longestInterval) ms")
      }
    }
    memory.resumedBy = nil
  }

  /// Checks the room after the results of a scan are stored.
  ///
  /// - Parameter interval: the current maximum time between polls.
  func completed(_ poll: PollRecord, _ tracked: Room, interval: Duration) {
    let merged = poll.merged(in: room)
    expect(tracked, "the room")
    for flaw in memory.alerts.completed(commit(), at: judge.time.now) { fail(.alert, flaw) }
    scan = nil
    if memory.consumer.isInterrupted { fail(.gap, "the interruption continues after a complete scan") }
    for (call, person) in tracked.participants { check(call.text, person.state, merged[call.text], poll) }
    let waiting = merged.filter { call, row in
      row.version(in: room).state.place == .inRoom && memory.consumer.people[call] == nil
    }
    for call in waiting.keys where !mayReturn(call) { fail(.missed, "\(call) is listed but not in the room") }
    memory.doubted = Set(waiting.keys)
    memory.lingering = Set(merged.keys.filter { memory.leftAt[$0] != nil && memory.consumer.people[$0] == nil })
    calmScans += 1
    firstCalmScan = firstCalmScan ?? judge.now
    noteEnd(interval)
  }

  /// Begins the calm.
  func beginCalm() { (calmScans, firstCalmScan) = (0, nil) }

  /// The time since the first complete scan of the calm; 0 before it.
  var calmTime: Int64 { firstCalmScan.map { judge.now - $0 } ?? 0 }

  /// Checks that the room differs from the last complete scan only by departures not yet confirmed, stale rows, and
  /// rows that a confirmation refreshed.
  private func check(_ call: String, _ state: ParticipantState, _ row: ShownRow?, _ poll: PollRecord) {
    if poll.gone.contains(call), memory.leftAt[call] == nil {
      fail(.missed, "\(call) is confirmed to have left but still in the room")
    }
    guard let row, row.version(in: room).state.place == .inRoom else {
      let isStale = row.map { room.isOlder($0, than: state, of: call) } ?? false
      if !poll.hadQuestions, !isStale { fail(.missed, "\(call) is in the room but not listed, and was not confirmed") }
      return
    }
    let version = row.version(in: room)
    guard state != version.told else { return }
    if !poll.asked.contains(call), !room.isOlder(row, than: state, of: call) {
      fail(.missed, "\(call) has another state in the room than in the list")
    }
  }

  private func mayReturn(_ call: String) -> Bool {
    // An existing doubt continues. The clock may be set during a confirmation.
    let page = memory.lastPage ?? judge.time.now
    return memory.doubted.contains(call) || memory.lingering.contains(call)
      || memory.leftAt[call].map { (page - $0).wholeMilliseconds < Self.returnTime } == true
  }

  /// Checks that a room equals the folded events.
  func expect(_ tracked: Room, _ name: String) {
    var isSame = tracked.participants.count == memory.consumer.people.count
    for (call, person) in tracked.participants where memory.consumer.people[call.text]?.state != person.state {
      isSame = false
    }
    if !isSame { fail(.fold, "\(name) differs from the folded events") }
    if tracked.raisedAlerts != memory.consumer.alerts {
      fail(.alert, "\(name) has other alerts than the folded events")
    }
  }

  // MARK: Gaps

  /// Records the current maximum time between polls.
  func paced(_ interval: Duration) {
    let pace = interval.wholeMilliseconds
    guard !memory.paces.contains(pace) else { return }
    memory.paces = min(memory.paces.lowerBound, pace)...max(memory.paces.upperBound, pace)
  }

  /// The times below which there is no outage, and from which there is one.
  private var shortest: Int64 { max(memory.paces.lowerBound * 3, Self.shortestGap) }
  private var longest: Int64 { max(memory.paces.upperBound * 3, Self.shortestGap) }

  /// Records that a page arrived; what follows may take longer.
  func pageArrived() { memory.lastPage = judge.time.now }

  private func noteEnd(_ interval: Duration) {
    let page = memory.lastPage ?? judge.time.now
    if let lastEnd = memory.lastEnd, memory.resumedBy == nil, (page - lastEnd.latest).wholeMilliseconds >= longest {
      fail(.gap, "no scan for \(page - lastEnd.latest), but no interruption was reported")
    }
    memory.lastEnd = (page, judge.time.now)
    storedAt = judge.now
    memory.wasInterrupted = false
    let pace = interval.wholeMilliseconds
    memory.paces = pace...pace
  }

  /// Records that a process begins. Scans missing before its first complete one are attributed to the restart.
  func processBegins() { (storedAt, scan) = (nil, nil) }

  /// Checks that a continuing outage is reported in time.
  ///
  /// - Parameter start: since when it could be reported.
  func checkOutage(since start: Moment) {
    guard let storedAt, !memory.consumer.isInterrupted, !memory.consumer.isOver else { return }
    let late = max(storedAt + longest, start) + Self.noticeTime
    if judge.now > late { fail(.gap, "no scan has been stored since \(storedAt), but no interruption was reported") }
  }

  private func checkInterruption(_ event: ConsumedEvent) {
    guard event.reason != "unauthorised", let lastEnd = memory.lastEnd else { return }
    let time = (event.timestamp - lastEnd.earliest).wholeMilliseconds
    if time < shortest { fail(.gap, "an interruption was reported after \(time) ms, expected at least \(shortest) ms") }
  }

  private func checkResumption(_ event: ConsumedEvent) {
    memory.resumedBy = event.reason ?? ""
    guard event.reason != "restart", !memory.wasInterrupted, let lastEnd = memory.lastEnd else { return }
    let time = (event.timestamp - lastEnd.earliest).wholeMilliseconds
    if time < shortest { fail(.gap, "an outage of \(time) ms was reported, expected at least \(shortest) ms") }
  }
}
