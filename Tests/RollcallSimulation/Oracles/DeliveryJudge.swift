import RollcallCore

@testable import RollcallKit

/// Checks the delivery of every event to every target: the order, the bytes, and that none is lost.
///
/// Unchecked because everything of a seed runs on one thread.
final class DeliveryJudge: @unchecked Sendable {
  fileprivate struct Lane {
    /// The events that the target wants.
    var wanted: [UInt64] = []
    /// How many of them the process has finished with.
    var done = 0
  }

  fileprivate struct Target {
    var first: UInt64 = 1
    var lanes: [ConferenceSID?: Lane] = [:]
    var ended: Set<UInt64> = []
    var accepted: Set<UInt64> = []
    var dead: [UInt64: DeadLetterReason] = [:]
    /// Consecutive reports of more undelivered events than allowed.
    var overfullReports = 0
  }

  /// The judge's knowledge at one time.
  struct Memory {
    fileprivate var events: [StoredEvent] = []
    fileprivate var targets: [Target]
    fileprivate var mostWritten: UInt64 = 0
  }

  weak var judge: Judge?
  /// Returns whether the store's reads are delayed now.
  var mayReadSlowly: () -> Bool = { false }
  private let plan: Plan
  private var events: [StoredEvent] = []
  private var targets: [Target]
  /// The last lines written by this process and by any process.
  private var written: UInt64 = 0
  private(set) var mostWritten: UInt64 = 0
  private(set) var arrivals = 0

  init(plan: Plan) {
    self.plan = plan
    targets = plan.targets.map { _ in Target() }
  }

  private func fail(_ oracle: Oracle, _ text: @autoclosure () -> String) { judge?.fail(oracle, text()) }

  var memory: Memory { Memory(events: events, targets: targets, mostWritten: mostWritten) }

  /// Returns to earlier knowledge when an older copy of the state file is restored. Delivered events stay delivered,
  /// and those stored since are no longer owed.
  func goBack(to earlier: Memory) {
    events = earlier.events
    mostWritten = min(mostWritten, UInt64(events.count))
    for (number, old) in earlier.targets.enumerated() {
      let accepted = targets[number].accepted.filter { $0 <= UInt64(events.count) }
      targets[number] = old
      targets[number].accepted.formUnion(accepted)
    }
  }

  /// - Parameter told: the event as a consumer reads it.
  func stored(_ event: StoredEvent, _ told: ConsumedEvent) {
    events.append(event)
    for index in targets.indices where plan.targets[index].filter.wants(told) {
      targets[index].lanes[event.conference, default: Lane()].wanted.append(event.sequence)
    }
  }

  // MARK: Webhooks

  /// Records where a process resumes a target.
  func begin(_ target: Int, _ cursor: Cursor) {
    if cursor.first > 1 {
      fail(.delivery, "target \(target) begins with event \(cursor.first), expected the first one")
    }
    targets[target].first = cursor.first
    targets[target].ended = []
    for (name, lane) in targets[target].lanes {
      let done = cursor.behind[name] ?? cursor.taken
      let count = lane.wanted.firstIndex { $0 > done } ?? lane.wanted.count
      targets[target].lanes[name]?.done = count
      for sequence in lane.wanted.prefix(count) where sequence >= cursor.first { checkEnd(target, sequence) }
    }
  }

  /// Records a saved cursor.
  func noted(_ target: Int, _ cursor: Cursor) {
    for (name, lane) in targets[target].lanes {
      let done = cursor.behind[name] ?? cursor.taken
      var count = lane.done
      while count < lane.wanted.count, lane.wanted[count] <= done {
        if lane.wanted[count] >= cursor.first { checkEnd(target, lane.wanted[count]) }
        count += 1
      }
      targets[target].lanes[name]?.done = count
    }
  }

  /// Returns the sequence of the event with an id; nil if none is stored.
  func sequence(of id: String) -> UInt64? {
    guard let sequence = UInt64(id.suffix(12)), sequence > 0, sequence <= UInt64(events.count),
      events[Int(sequence) - 1].id == id
    else { return nil }
    return sequence
  }

  /// Checks that the receiver accepted a finished event, or that it was given up.
  private func checkEnd(_ target: Int, _ sequence: UInt64) {
    guard !targets[target].accepted.contains(sequence), targets[target].dead[sequence] == nil else { return }
    fail(.delivery, "event \(sequence) is lost for target \(target)")
  }

  func sends(_ target: Int, _ sequence: UInt64, previous: String?, isCircuitOpen: Bool, inFlight: Int) {
    let event = events[Int(sequence) - 1]
    if inFlight > DeliveryQueue.maximumInFlight {
      fail(.limits, "\(inFlight) webhook requests in flight, expected at most \(DeliveryQueue.maximumInFlight)")
    }
    guard let lane = targets[target].lanes[event.conference], lane.wanted.contains(event.sequence) else {
      return fail(.durability, "event \(event.sequence) was sent before it was stored, or to a target that excludes it")
    }
    let next = lane.wanted.dropFirst(lane.done).first { !targets[target].ended.contains($0) }
    if next != event.sequence { fail(.order, "event \(event.sequence) was sent, expected \(next ?? 0) first") }
    let before = lane.wanted.last { $0 < event.sequence && $0 >= targets[target].first }
    let expected = before.map { events[Int($0) - 1].id }
    if previous != expected {
      fail(
        .order, "event \(event.sequence) names \(previous ?? "nothing") as previous, expected \(expected ?? "nothing")")
    }
    if isCircuitOpen, inFlight > 1 {
      fail(.limits, "\(inFlight) requests to a target with an open circuit, expected one")
    }
  }

  /// Records that the receiver accepted an event.
  func arrived(_ target: Int, _ sequence: UInt64, _ request: HTTPRequest) {
    arrivals += 1
    // After an older copy is restored, a request in flight may carry an event that the copy does not have.
    guard self.sequence(of: request.header("webhook-id") ?? "") == sequence else { return }
    targets[target].accepted.insert(sequence)
    if !request.body.elementsEqual(events[Int(sequence) - 1].line.dropLast()) {
      fail(.bytes, "event \(sequence) was sent with other bytes than were stored")
    }
  }

  /// Records that the process finished an event; a nil reason means delivered.
  func ended(_ target: Int, _ sequence: UInt64, _ reason: DeadLetterReason?) {
    if !targets[target].ended.insert(sequence).inserted { fail(.delivery, "event \(sequence) was finished twice") }
    if let reason {
      targets[target].dead[sequence] = reason
      checkReason(target, sequence, reason)
    } else if !targets[target].accepted.contains(sequence) {
      fail(.delivery, "event \(sequence) counts as delivered but no receiver accepted it")
    }
  }

  private func checkReason(_ target: Int, _ sequence: UInt64, _ reason: DeadLetterReason) {
    let events = events
    let isAllowed: Bool
    switch reason {
    case .rejected: isAllowed = plan.troubles.contains(.receiverRejects)
    // The simulated disk loses nothing that was synced.
    case .damaged: isAllowed = false
    case .targetGone: isAllowed = plan.troubles.contains(.receiverGone)
    case .tooOld:
      let age = (judge?.time.now ?? events[Int(sequence) - 1].timestamp) - events[Int(sequence) - 1].timestamp
      isAllowed = age.wholeMilliseconds > plan.targets[target].maximumAge
    case .failedRepeatedly: isAllowed = true
    case .overflow: isAllowed = plan.targets[target].bound < 1000
    }
    if !isAllowed { fail(.delivery, "event \(sequence) was given up for an impossible reason: \(reason)") }
  }

  /// Checks the number of undelivered events that a process reports once a second.
  ///
  /// Events that are only in the store are given up once they are fetched. Until then, and while the store is
  /// unreadable or slow, more may wait.
  func waits(_ target: Int, _ count: Int) {
    let isOverfull = count > plan.targets[target].bound + DeliveryQueue.maximumInFlight
    targets[target].overfullReports = isOverfull && !mayReadSlowly() ? targets[target].overfullReports + 1 : 0
    if targets[target].overfullReports > 1 {
      fail(.limits, "\(count) events wait for target \(target), expected at most \(plan.targets[target].bound)")
    }
  }

  // MARK: Lines

  func beginLines(after sequence: UInt64) {
    if sequence > mostWritten { fail(.delivery, "\(sequence) lines count as written but only \(mostWritten) were") }
    written = sequence
  }

  func wrote(_ line: [UInt8]) {
    let place = Int(written)
    if !events.indices.contains(place) {
      fail(.durability, "line \(written + 1) was written but not stored")
    } else if events[place].line != line {
      let isLater = events.dropFirst(place).contains { $0.line == line }
      fail(isLater ? .order : .bytes, "line \(written + 1) is another event or has other bytes than were stored")
    }
    written += 1
    mostWritten = max(mostWritten, written)
  }

  // MARK: The end

  /// The first event that a target wants and that was neither delivered nor given up.
  var undelivered: String? {
    for (number, target) in targets.enumerated() {
      for lane in target.lanes.values {
        for sequence in lane.wanted
        where sequence >= target.first && !target.accepted.contains(sequence) && target.dead[sequence] == nil {
          return "event \(sequence) did not reach target \(number)"
        }
      }
    }
    if plan.writesLines, mostWritten < UInt64(events.count) { return "line \(mostWritten + 1) was not written" }
    return nil
  }
}
