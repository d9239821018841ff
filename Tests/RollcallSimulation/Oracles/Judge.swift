import RollcallCore

@testable import RollcallKit

/// The properties that must always be true.
enum Oracle: String, Sendable, CaseIterable {
  /// The folded events equal the room.
  case fold
  /// No participant in the room is reported as left.
  case falseLeft
  /// The room contains what a complete scan showed.
  case missed
  /// Each change really happened in (`occurred_after`, `timestamp`].
  case time
  /// Outages are reported, and nothing else is reported as one.
  case gap
  /// An id always has the same line.
  case bytes
  case sequence
  case order
  /// Nothing is delivered before it is durable.
  case durability
  case delivery
  /// No poll waits longer than the budget allows, and none begins too early.
  case budget
  case limits
  case liveness
  /// A refusal of one conference delays no other conference.
  case refusal
  /// An idle process does nothing.
  case idle
  /// A hint leads to a poll soon.
  case hint
  /// A tag is trusted for at most a minute, and not at all once it has been wrong.
  case wire
  case secrets
  /// Redacted values appear in no line, and are not kept after a participant leaves.
  case redaction
  /// An alert is raised once per occurrence, when its state has lasted long enough, and resolved when the state ends.
  case alert
}

/// Observes everything that happens and records what must not.
final class Judge {
  struct Fault: CustomStringConvertible {
    var oracle: Oracle
    var moment: Moment
    var text: String

    var description: String { "\(oracle.rawValue) at \(moment): \(text)" }
  }

  /// The maximum number of faults recorded.
  private static let maximumFaults = 5

  let plan: Plan
  private let agenda: Agenda
  private let trace: Trace
  let time: StreamTime
  private(set) var faults: [Fault] = []
  private(set) var delivery: DeliveryJudge
  private lazy var redaction = RedactionJudge(self)
  var conferences: [String: ConferenceJudge] = [:]
  /// The conditions of the running process.
  var alerts: [AlertCondition] = []
  private(set) var lastSequence: UInt64 = 0
  private(set) var departures = 0
  private(set) var raisedAlerts = 0
  /// Conferences that started after this time have no baseline in the running process; nil if any may have one.
  private(set) var answeredBefore: Moment?
  /// All lines ever stored, by id.
  private var lines: [String: [UInt8]] = [:]
  /// For tests of the oracles: faults are counted and do not end the world.
  var isLenient = false
  private(set) var counts: [Oracle: Int] = [:]

  init(plan: Plan, agenda: Agenda, trace: Trace, time: StreamTime) {
    self.plan = plan
    self.agenda = agenda
    self.trace = trace
    self.time = time
    delivery = DeliveryJudge(plan: plan)
    delivery.judge = self
  }

  var now: Moment { agenda.now }

  func fail(_ oracle: Oracle, _ text: @autoclosure () -> String) {
    counts[oracle, default: 0] += 1
    guard !isLenient, faults.count < Self.maximumFaults else { return }
    let fault = Fault(oracle: oracle, moment: agenda.now, text: text())
    faults.append(fault)
    trace.note("FAULT \(fault)")
  }

  func limit(_ isKept: Bool, _ name: @autoclosure () -> String) {
    if !isKept { fail(.limits, name()) }
  }

  /// Records a request for a list; a nil query is the first page.
  func asks(_ query: String?) {
    if let query { secrets(in: Array(query.utf8)) }
  }

  // MARK: Stored events

  /// The oracles' knowledge at one time.
  struct Memory {
    fileprivate var lastSequence: UInt64
    fileprivate var delivery: DeliveryJudge.Memory
    fileprivate var conferences: [String: ConferenceJudge.Memory]
  }

  var memory: Memory {
    Memory(lastSequence: lastSequence, delivery: delivery.memory, conferences: conferences.mapValues(\.memory))
  }

  /// Returns to earlier knowledge when an older copy of the state file is restored.
  func goBack(to earlier: Memory) {
    lastSequence = earlier.lastSequence
    delivery.goBack(to: earlier.delivery)
    for (sid, judge) in conferences { judge.goBack(to: earlier.conferences[sid]) }
  }

  /// Records that a process begins.
  ///
  /// - Parameter answered: when the last complete discovery answer in its state file was requested.
  func processBegins(after answered: Moment?) {
    answeredBefore = answered
    for judge in conferences.values { judge.processBegins() }
  }

  /// - Parameter start: since when outages could be reported.
  func checkOutages(since start: Moment) {
    for judge in conferences.values { judge.checkOutage(since: start) }
  }

  /// Records that a process has read the saved rooms.
  func resumed(_ saved: SavedStream) {
    for (sid, room) in saved.rooms { conferences[sid.text]?.resume(room) }
  }

  /// Records durable events.
  func stored(_ events: [StoredEvent], _ commit: PollCommit) {
    var told: [ConsumedEvent] = []
    for event in events {
      trace.mix(event.line)
      trace.note("event \(String(decoding: event.line.dropLast(), as: UTF8.self))")
      if event.sequence != lastSequence + 1 { fail(.sequence, "sequence \(event.sequence) follows \(lastSequence)") }
      lastSequence = event.sequence
      checkBytes(event)
      redaction?.check(event.line)
      guard let parsed = ConsumedEvent(event, redaction) else {
        fail(.bytes, "not an event: \(String(decoding: event.line, as: UTF8.self))")
        continue
      }
      told.append(parsed)
      if event.type == .participantLeft { departures += 1 }
      if event.type == .alertRaised { raisedAlerts += 1 }
      delivery.stored(event, parsed)
    }
    for place in told.indices.dropLast() where told[place + 1].type == .participantLeft {
      told[place].endsStay = told[place].call == told[place + 1].call
    }
    checkOrder(told)
    for event in told {
      guard let conference = event.conference else { continue }
      conferences[conference]?.fold(event)
    }
    if let conference = told.last?.conference { conferences[conference]?.committed(told) }
    if let redaction, let changes = commit.changes, let room = conferences[changes.head.conference.text] {
      redaction.check(changes, Set(room.consumer.people.keys))
    }
  }

  private func checkBytes(_ event: StoredEvent) {
    let line = event.line
    if line.count > 4096 || line.last != 0x0a { fail(.bytes, "\(event.id) is not one line of at most 4096 bytes") }
    if line.dropLast().contains(where: { $0 < 0x20 || $0 == 0x7f }) {
      fail(.bytes, "\(event.id) contains a control character")
    }
    if let other = lines.updateValue(line, forKey: event.id), other != line {
      fail(.bytes, "two different events have the id \(event.id)")
    }
    secrets(in: line)
  }

  /// The text that all canaries contain.
  private static let canary = Array("canary".utf8)

  func secrets(in bytes: [UInt8]) {
    let canary = Self.canary
    var place = 0
    while place + canary.count <= bytes.count {
      if bytes[place] == canary[0], bytes[place..<(place + canary.count)].elementsEqual(canary) {
        fail(.secrets, String(decoding: bytes, as: UTF8.self))
        return
      }
      place += 1
    }
  }

  /// Checks the order within one poll.
  private func checkOrder(_ events: [ConsumedEvent]) {
    guard !events.contains(where: { $0.conference == nil }) else { return }
    var last: ConsumedEvent?
    for event in events {
      defer { last = event }
      guard let last else { continue }
      let (before, after) = (last.rank, event.rank)
      let isSorted = before != after || ![3, 5, 6, 7].contains(after) || last.place <= event.place
      let isInOrder = before == after && last.call == event.call ? last.step <= event.step : true
      if before > after || !isSorted || !isInOrder { fail(.order, "\(event.type) follows \(last.type) in one poll") }
    }
  }
}

extension ConsumedEvent {
  /// The event's rank within one poll.
  var rank: Int {
    switch type {
    case .conferencePresent, .conferenceStarted: -2
    case .watchResumed: -1
    case .participantPresent: 0
    case .watchStarted: 1
    case .participantLeft: 3
    case .participantCoachingStopped where endsStay: 3
    case .participantJoined: 4
    case .alertResolved: 6
    case .alertRaised: 7
    case .conferenceEnded: 8
    case .participantMuted, .participantUnmuted, .participantHeld, .participantUnheld, .participantCoachingStarted,
      .participantCoachingStopped, .participantUpdated:
      isInitial ? 4 : 5
    case .watchInterrupted, .watchHeartbeat, .watchStopped: 9
    }
  }

  /// The event's order among those of one rank.
  fileprivate var place: (String, String) { (alert ?? "", call ?? "") }

  /// The event's order among those of one participant.
  var step: Int {
    switch type {
    case .participantJoined, .participantPresent: 0
    case .participantCoachingStopped: 1
    case .participantUnmuted: 2
    case .participantUnheld: 3
    case .participantMuted: 4
    case .participantHeld: 5
    case .participantCoachingStarted: 6
    case .participantUpdated: 7
    case .participantLeft: 8
    case .conferencePresent, .conferenceStarted, .conferenceEnded, .alertRaised, .alertResolved, .watchStarted,
      .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      9
    }
  }
}
