import RollcallCore

@testable import RollcallKit

/// Follows every event to every target, and holds the order, the bytes and the promise that nothing gets lost.
///
/// Unchecked because everything of a seed happens on one thread.
final class DeliveryJudge: @unchecked Sendable {
  fileprivate struct Lane {
    /// Events that the target wants.
    var wanted: [UInt64] = []
    /// How many of them are done with, as the process knows.
    var done = 0
  }

  fileprivate struct Target {
    var first: UInt64 = 1
    var lanes: [ConferenceSID?: Lane] = [:]
    var ended: Set<UInt64> = []
    var accepted: Set<UInt64> = []
    var dead: [UInt64: DeadLetterReason] = [:]
    /// How many reports in a row found more than may wait.
    var overfullReports = 0
  }

  /// What it knows at one moment.
  struct Memory {
    fileprivate var events: [StoredEvent] = []
    fileprivate var targets: [Target]
    fileprivate var mostWritten: UInt64 = 0
  }

  weak var judge: Judge?
  /// Whether the store keeps its readers waiting at the moment.
  var mayReadSlowly: () -> Bool = { false }
  private let plan: Plan
  private var events: [StoredEvent] = []
  private var targets: [Target]
  /// The last line written by this process, and by any.
  private var written: UInt64 = 0
  private(set) var mostWritten: UInt64 = 0
  private(set) var arrivals = 0

  init(plan: Plan) {
    self.plan = plan
    targets = plan.targets.map { _ in Target() }
  }

  private func fail(_ oracle: Oracle, _ text: @autoclosure () -> String) { judge?.fail(oracle, text()) }

  var memory: Memory { Memory(events: events, targets: targets, mostWritten: mostWritten) }

  /// An older copy of the state file has taken the file's place. What somebody has got stays where it is, and what was
  /// stored meanwhile is not owed to anybody any more.
  func goBack(to earlier: Memory) {
    events = earlier.events
    mostWritten = min(mostWritten, UInt64(events.count))
    for (number, old) in earlier.targets.enumerated() {
      let accepted = targets[number].accepted.filter { $0 <= UInt64(events.count) }
      targets[number] = old
      targets[number].accepted.formUnion(accepted)
    }
  }

  /// - Parameter told: what the event says.
  func stored(_ event: StoredEvent, _ told: ToldEvent) {
    events.append(event)
    for index in targets.indices where plan.targets[index].filter.wants(told) {
      targets[index].lanes[event.conference, default: Lane()].wanted.append(event.sequence)
    }
  }

  // MARK: Webhooks

  /// A process takes a target up where an earlier one has left it.
  func begin(_ target: Int, _ cursor: Cursor) {
    if cursor.first > 1 { fail(.delivery, "target \(target) was given first, and begins with \(cursor.first)") }
    targets[target].first = cursor.first
    targets[target].ended = []
    for (name, lane) in targets[target].lanes {
      let done = cursor.behind[name] ?? cursor.taken
      let count = lane.wanted.firstIndex { $0 > done } ?? lane.wanted.count
      targets[target].lanes[name]?.done = count
      for sequence in lane.wanted.prefix(count) where sequence >= cursor.first { checkEnd(target, sequence) }
    }
  }

  /// A process notes how far a target is.
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

  /// The sequence of the event with an id; nil where none with that id is stored.
  func sequence(of id: String) -> UInt64? {
    guard let sequence = UInt64(id.suffix(12)), sequence > 0, sequence <= UInt64(events.count),
      events[Int(sequence) - 1].id == id
    else { return nil }
    return sequence
  }

  /// What a process takes for done has been taken by the receiver, or given up.
  private func checkEnd(_ target: Int, _ sequence: UInt64) {
    guard !targets[target].accepted.contains(sequence), targets[target].dead[sequence] == nil else { return }
    fail(.delivery, "\(sequence) is lost for target \(target)")
  }

  func sends(_ target: Int, _ sequence: UInt64, previous: String?, isCircuitOpen: Bool, inFlight: Int) {
    let event = events[Int(sequence) - 1]
    if inFlight > DeliveryQueue.maximumInFlight { fail(.limits, "webhook requests in flight") }
    guard let lane = targets[target].lanes[event.conference], lane.wanted.contains(event.sequence) else {
      return fail(.durability, "\(event.sequence) is sent before it is stored, or unwanted")
    }
    let next = lane.wanted.dropFirst(lane.done).first { !targets[target].ended.contains($0) }
    if next != event.sequence { fail(.order, "\(event.sequence) is sent, and \(next ?? 0) comes first") }
    let before = lane.wanted.last { $0 < event.sequence && $0 >= targets[target].first }
    let expected = before.map { events[Int($0) - 1].id }
    if previous != expected { fail(.order, "\(event.sequence) names \(previous ?? "nothing") as the one before") }
    if isCircuitOpen, inFlight > 1 { fail(.limits, "\(inFlight) requests to a target that is out") }
  }

  /// The receiver has taken an event.
  func arrived(_ target: Int, _ sequence: UInt64, _ request: HTTPRequest) {
    arrivals += 1
    // What was on its way when an older copy of the state file took the file's place is no event of it.
    guard self.sequence(of: request.header("webhook-id") ?? "") == sequence else { return }
    targets[target].accepted.insert(sequence)
    if !request.body.elementsEqual(events[Int(sequence) - 1].line.dropLast()) {
      fail(.bytes, "\(sequence) has other bytes than were stored")
    }
  }

  /// The process is done with an event; nil stands for delivered.
  func ended(_ target: Int, _ sequence: UInt64, _ reason: DeadLetterReason?) {
    if !targets[target].ended.insert(sequence).inserted { fail(.delivery, "\(sequence) ends twice") }
    if let reason {
      targets[target].dead[sequence] = reason
      checkReason(target, sequence, reason)
    } else if !targets[target].accepted.contains(sequence) {
      fail(.delivery, "\(sequence) counts as delivered, and nobody took it")
    }
  }

  private func checkReason(_ target: Int, _ sequence: UInt64, _ reason: DeadLetterReason) {
    let events = events
    let isAllowed: Bool
    switch reason {
    case .rejected: isAllowed = plan.troubles.contains(.receiverRejects)
    // Disks of the simulation lose nothing that they have synced.
    case .damaged: isAllowed = false
    case .targetGone: isAllowed = plan.troubles.contains(.receiverGone)
    case .tooOld:
      let age = (judge?.time.now ?? events[Int(sequence) - 1].timestamp) - events[Int(sequence) - 1].timestamp
      isAllowed = age.wholeMilliseconds > plan.targets[target].maximumAge
    case .failedRepeatedly: isAllowed = true
    case .overflow: isAllowed = plan.targets[target].bound < 1000
    }
    if !isAllowed { fail(.delivery, "\(sequence) is given up: \(reason)") }
  }

  /// So many events wait for a target, as a process reports once a second.
  ///
  /// What the store alone has is given up once it has been fetched, so more may wait for a moment, and for as long as the
  /// store cannot be read or is slow.
  func waits(_ target: Int, _ count: Int) {
    let isOverfull = count > plan.targets[target].bound + DeliveryQueue.maximumInFlight
    targets[target].overfullReports = isOverfull && !mayReadSlowly() ? targets[target].overfullReports + 1 : 0
    if targets[target].overfullReports > 1 { fail(.limits, "\(count) events wait for target \(target)") }
  }

  // MARK: Lines

  func beginLines(after sequence: UInt64) {
    if sequence > mostWritten { fail(.delivery, "lines up to \(mostWritten) are written, and \(sequence) are noted") }
    written = sequence
  }

  func wrote(_ line: [UInt8]) {
    let place = Int(written)
    if !events.indices.contains(place) {
      fail(.durability, "line \(written + 1) is written and not stored")
    } else if events[place].line != line {
      let isLater = events.dropFirst(place).contains { $0.line == line }
      fail(isLater ? .order : .bytes, "line \(written + 1) is another one, or has other bytes than were stored")
    }
    written += 1
    mostWritten = max(mostWritten, written)
  }

  // MARK: The end

  /// The first event that some target should have and has not, nor has given up.
  var undelivered: String? {
    for (number, target) in targets.enumerated() {
      for lane in target.lanes.values {
        for sequence in lane.wanted
        where sequence >= target.first && !target.accepted.contains(sequence) && target.dead[sequence] == nil {
          return "target \(number) has not got \(sequence)"
        }
      }
    }
    if plan.writesLines, mostWritten < UInt64(events.count) { return "line \(mostWritten + 1) is not written" }
    return nil
  }
}
