@testable import RollcallCore

/// Follows one conference: what was told of it, against what is true and what lists showed.
final class ConferenceJudge {
  /// How often in a row complete scans have not shown somebody, and since when by the stream's time.
  fileprivate struct Absence {
    var scans: Int
    var since: Timestamp
  }

  /// What it knows at one moment: what it is when an older copy of the state file takes the place of the file.
  struct Memory {
    fileprivate(set) var consumer = Consumer()
    fileprivate var alerts = AlertJudge()
    fileprivate var absences: [String: Absence] = [:]
    /// Absences that ended, and when.
    fileprivate var overcome: [String: (absence: Absence, at: Moment)] = [:]
    /// Who was listed and not in the room at the last scan, since they had left before.
    fileprivate var doubted: Set<String> = []
    fileprivate var leftAt: [String: Timestamp] = [:]
    /// Who had left and still had a row in the last complete scan.
    fileprivate var lingering: Set<String> = []
    /// By the stream's time: when the last complete scan was there at the earliest and at the latest.
    fileprivate var lastEnd: (earliest: Timestamp, latest: Timestamp)?
    fileprivate var lastPage: Timestamp?
    /// What was told of the gap that the scan at hand bridges.
    fileprivate var resumedBy: String?
    fileprivate var wasInterrupted = false
    /// The intervals in force since the last complete scan, in milliseconds.
    fileprivate var paces: ClosedRange<Int64>
  }

  private static let insistentScans = 30
  private static let insistentTime: Int64 = 60_000
  /// Ten seconds, and what a full disk and a restart add.
  private static let savingTime: Int64 = 45_000
  private static let questionTime: Int64 = 2000
  private static let returnTime: Int64 = 600_000
  private static let shortestGap: Int64 = 10_000
  /// In so long is an outage noticed, and stored: it is looked for once a second.
  private static let noticeTime: Int64 = 1500
  private static let idleInterval: Int64 = 10_000

  unowned let judge: Judge
  let room: TrueConference
  let truth: TruthOracle
  private(set) var memory: Memory
  /// Complete scans since nothing goes wrong any more.
  private(set) var calmScans = 0
  /// When the first of them was complete.
  private var firstCalmScan: Moment?
  /// When the last complete scan of the process that runs was stored; nil before there is one.
  private var storedAt: Moment?
  /// The scan that is about to be stored; nil once all of it is.
  private var scan: PollRecord?

  init(_ room: TrueConference, judge: Judge) {
    self.room = room
    self.judge = judge
    truth = TruthOracle(room, plan: judge.plan, time: judge.time)
    memory = Memory(paces: judge.plan.interval...judge.plan.interval)
  }

  var consumer: Consumer { memory.consumer }

  /// Goes back to what it knew at a moment, or to nothing.
  func goBack(to earlier: Memory?) { memory = earlier ?? Memory(paces: judge.plan.interval...judge.plan.interval) }

  private func fail(_ oracle: Oracle, _ text: @autoclosure () -> String) {
    judge.fail(oracle, "\(room.sid): \(text())")
  }

  // MARK: Events

  func fold(_ event: ToldEvent) {
    if judge.plan.shard?.contains(room.conference) == false { fail(.limits, "told of another shard's conference") }
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
        fail(.falseLeft, "\(lie), absent \(memory.absences[call].map { "\($0)" } ?? "never")")
      }
    case .watchInterrupted: checkInterruption(event)
    case .watchResumed: checkResumption(event)
    case .participantPresent, .participantJoined, .participantMuted, .participantUnmuted, .participantHeld,
      .participantUnheld, .participantCoachingStarted, .participantCoachingStopped, .participantUpdated,
      .conferencePresent, .conferenceStarted, .conferenceEnded:
      if event.endsStay { break }
      if event.isBaseline, let answered = judge.answeredBefore, room.startedAt > answered {
        fail(.time, "it began after discovery had been answered, at \(answered), and is told as a baseline")
      }
      if let lie = truth.lie(event, hasLeft: memory.leftAt[call] != nil) { fail(.time, lie) }
    case .alertRaised, .alertResolved, .watchStarted, .watchHeartbeat, .watchStopped: break
    }
  }

  /// All events of one commit are folded.
  func committed(_ events: [ToldEvent]) {
    for flaw in memory.alerts.committed(commit(events)) { fail(.alert, flaw) }
  }

  private func commit(_ events: [ToldEvent] = []) -> AlertJudge.Commit {
    AlertJudge.Commit(
      events: events, consumer: memory.consumer, conditions: judge.alerts, poll: scan, room: room)
  }

  /// Whether the list has insisted for so long that it counts, which is the one exception.
  private func isInsisted(_ event: ToldEvent, of call: String) -> Bool {
    guard event.evidence == "list_only", judge.plan.confirmsLeft, let absence = memory.absences[call] else {
      return false
    }
    let lasted = (event.timestamp - absence.since).wholeMilliseconds
    // Answers that came between the list and the decision are not counted there.
    return absence.scans >= Self.insistentScans && lasted >= Self.insistentTime - Self.questionTime
  }

  /// A process goes on from the saved room. Counters are saved at most every 10 s: that somebody was listed again shortly
  /// before a crash is forgotten, and their absence goes on.
  func resume(_ saved: Room) {
    expect(saved, "the saved room")
    // A doubt may have been saved though the poll that raised it told nothing.
    memory.doubted.formUnion(saved.returning.keys.map(\.text))
    // Nor does it know what the last list of the run before showed.
    memory.lingering.formUnion(memory.leftAt.keys)
    for (call, ended) in memory.overcome where judge.now - ended.at < Self.savingTime {
      let scans = ended.absence.scans + (memory.absences[call]?.scans ?? 0)
      memory.absences[call] = Absence(scans: scans, since: ended.absence.since)
    }
    // Where the clock was set back, time that was not stored comes again.
    for (call, absence) in memory.absences { memory.absences[call]?.since = min(absence.since, judge.time.now) }
  }

  // MARK: Scans

  /// How far polls may be apart where the budget allows it: an empty room is polled less often.
  var longestInterval: Int64 {
    memory.consumer.people.isEmpty ? max(judge.plan.interval, Self.idleInterval) : judge.plan.interval
  }

  /// A scan is complete, and what follows from it is about to be stored.
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
    // How long it waits for its turn then is for the budget to say.
    if let last = poll.lastEnd, poll.excuse == nil {
      let pause = poll.wasDueAt - last
      if pause > longestInterval { fail(.missed, "no scan for \(pause) ms, and nothing went wrong") }
    }
    memory.resumedBy = nil
  }

  /// What the scan led to is stored.
  ///
  /// - Parameter interval: how far polls may be apart now.
  func completed(_ poll: PollRecord, _ tracked: Room, interval: Duration) {
    let merged = poll.merged(in: room)
    expect(tracked, "the room")
    for flaw in memory.alerts.completed(commit(), at: judge.time.now) { fail(.alert, flaw) }
    scan = nil
    if memory.consumer.isInterrupted { fail(.gap, "a complete scan, and the interruption goes on") }
    for (call, person) in tracked.participants { check(call.text, person.state, merged[call.text], poll) }
    let waiting = merged.filter { call, row in
      row.version(in: room).state.place == .inRoom && memory.consumer.people[call] == nil
    }
    for call in waiting.keys where !mayReturn(call) { fail(.missed, "\(call) is listed and not in the room") }
    memory.doubted = Set(waiting.keys)
    memory.lingering = Set(merged.keys.filter { memory.leftAt[$0] != nil && memory.consumer.people[$0] == nil })
    calmScans += 1
    firstCalmScan = firstCalmScan ?? judge.now
    noteEnd(interval)
  }

  /// From now on nothing goes wrong any more.
  func beginCalm() { (calmScans, firstCalmScan) = (0, nil) }

  /// How long ago the first complete scan was since nothing goes wrong any more; 0 before it.
  var calmTime: Int64 { firstCalmScan.map { judge.now - $0 } ?? 0 }

  /// The room differs from the last complete scan only by departures not yet confirmed, stale rows, and rows that a
  /// confirmation refreshed.
  private func check(_ call: String, _ state: ParticipantState, _ row: ShownRow?, _ poll: PollRecord) {
    if poll.gone.contains(call), memory.leftAt[call] == nil { fail(.missed, "\(call) is gone and still told") }
    guard let row, row.version(in: room).state.place == .inRoom else {
      let isStale = row.map { room.isOlder($0, than: state, of: call) } ?? false
      if !poll.hadQuestions, !isStale { fail(.missed, "\(call) is not listed, and nobody has asked") }
      return
    }
    let version = row.version(in: room)
    guard state != version.told else { return }
    if !poll.asked.contains(call), !room.isOlder(row, than: state, of: call) {
      fail(.missed, "\(call) is listed as something else")
    }
  }

  private func mayReturn(_ call: String) -> Bool {
    // A doubt that has begun goes on. The clock may be set while somebody is asked about.
    let page = memory.lastPage ?? judge.time.now
    return memory.doubted.contains(call) || memory.lingering.contains(call)
      || memory.leftAt[call].map { (page - $0).wholeMilliseconds < Self.returnTime } == true
  }

  /// A room is what the events, folded, say.
  func expect(_ tracked: Room, _ name: String) {
    var isSame = tracked.participants.count == memory.consumer.people.count
    for (call, person) in tracked.participants where memory.consumer.people[call.text]?.state != person.state {
      isSame = false
    }
    if !isSame { fail(.fold, "\(name) is not what was told") }
    if tracked.raisedAlerts != memory.consumer.alerts { fail(.alert, "\(name) has other alerts than were told") }
  }

  // MARK: Gaps

  /// Polls may be so far apart now.
  func paced(_ interval: Duration) {
    let pace = interval.wholeMilliseconds
    guard !memory.paces.contains(pace) else { return }
    memory.paces = min(memory.paces.lowerBound, pace)...max(memory.paces.upperBound, pace)
  }

  /// So much later is there no gap yet, and is there one.
  private var shortest: Int64 { max(memory.paces.lowerBound * 3, Self.shortestGap) }
  private var longest: Int64 { max(memory.paces.upperBound * 3, Self.shortestGap) }

  /// A page was there; what follows may take longer.
  func pageArrived() { memory.lastPage = judge.time.now }

  private func noteEnd(_ interval: Duration) {
    let page = memory.lastPage ?? judge.time.now
    if let lastEnd = memory.lastEnd, memory.resumedBy == nil, (page - lastEnd.latest).wholeMilliseconds >= longest {
      fail(.gap, "no scan for \(page - lastEnd.latest), and nothing tells it")
    }
    memory.lastEnd = (page, judge.time.now)
    storedAt = judge.now
    memory.wasInterrupted = false
    let pace = interval.wholeMilliseconds
    memory.paces = pace...pace
  }

  /// A process begins: what is missing before its first complete scan is missing because of the restart.
  func processBegins() { (storedAt, scan) = (nil, nil) }

  /// Holds an outage that goes on against the time in which it has to be told.
  ///
  /// - Parameter start: since when nothing has kept it from being told.
  func checkOutage(since start: Moment) {
    guard let storedAt, !memory.consumer.isInterrupted, !memory.consumer.isOver else { return }
    let late = max(storedAt + longest, start) + Self.noticeTime
    if judge.now > late { fail(.gap, "no scan was stored since \(storedAt), and nothing has told it yet") }
  }

  private func checkInterruption(_ event: ToldEvent) {
    guard event.reason != "unauthorised", let lastEnd = memory.lastEnd else { return }
    let time = (event.timestamp - lastEnd.earliest).wholeMilliseconds
    if time < shortest { fail(.gap, "interrupted after \(time) ms") }
  }

  private func checkResumption(_ event: ToldEvent) {
    memory.resumedBy = event.reason ?? ""
    guard event.reason != "restart", !memory.wasInterrupted, let lastEnd = memory.lastEnd else { return }
    let time = (event.timestamp - lastEnd.earliest).wholeMilliseconds
    if time < shortest { fail(.gap, "resumed after \(time) ms") }
  }
}
