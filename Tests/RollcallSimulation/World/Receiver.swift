import RollcallCore
import RollcallTestKit

/// The receiver of one webhook, which remembers event ids as the documentation advises.
final class Receiver {
  private let number: Int
  private let plan: Plan
  private let agenda: Agenda
  private let judge: Judge
  private var random: SplitMix64
  /// Whether there are faults now.
  var isTroubled = true
  private var downUntil: Moment = 0
  private(set) var isGone = false
  /// The number of its current address, and since when it has had that address. Earlier addresses accept nothing.
  private(set) var address = (number: 0, since: Moment(0))
  /// For tests of the oracles: rejects everything, or forgets what it accepted.
  var isDeaf = false
  var isForgetful = false

  init(_ number: Int, plan: Plan, agenda: Agenda, judge: Judge) {
    self.number = number
    self.plan = plan
    self.agenda = agenda
    self.judge = judge
    random = SplitMix64(seed: plan.seed ^ UInt64(number) << 32 ^ 0x686f_6f6b)
  }

  private func happens(_ trouble: Trouble, of rarity: Int? = nil) -> Bool {
    isTroubled && plan.troubles.contains(trouble) && random.happens(onceIn: rarity ?? plan.rarity)
  }

  func move() { address = (address.number + 1, agenda.now) }

  /// Receives a request, which outlives the process that sent it.
  ///
  /// - Parameters:
  ///   - place: the number of the address that it was sent to.
  ///   - then: receives the status, nil for no answer, and the value of `Retry-After`.
  func post(
    _ request: HTTPRequest, _ sequence: UInt64, to place: Int, then: @escaping (Int?, String?) -> Void
  ) {
    judge.secrets(in: request.body)
    guard place == address.number else {
      let status = [nil, 301, 404, 502].randomElement(using: &random) ?? nil
      return agenda.after(status == nil ? 5000 : 1) { then(status, nil) }
    }
    let isLate = happens(.lateReceipts)
    agenda.after(Int64.random(in: 1...plan.latency, using: &random)) { [self] in
      let (status, retryAfter) = answer()
      let isTaken = status.map { (200...299).contains($0) } ?? false
      if isTaken, !isForgetful { judge.delivery.arrived(number, sequence, request) }
      // The receiver accepts the event, but the sender does not learn that.
      let isLost = isLate && isTaken
      let back = isLost || status == nil ? 15_000 : Int64.random(in: 0...plan.latency, using: &random)
      agenda.after(back) { then(isLost ? nil : status, retryAfter) }
    }
  }

  private func answer() -> (Int?, String?) {
    if isDeaf { return (500, nil) }
    if isTroubled, agenda.now < downUntil { return (Bool.random(using: &random) ? 503 : nil, nil) }
    if happens(.receiverOutages, of: plan.rarity * 2) {
      downUntil = agenda.now + Int64.random(in: 1...(random.happens(onceIn: 4) ? 900_000 : 60_000), using: &random)
      return (502, nil)
    }
    if happens(.receiverGone, of: plan.rarity * 20) { isGone = true }
    if isGone { return (410, nil) }
    if happens(.receiverRejects) { return ([400, 413, 415, 422].randomElement(using: &random), nil) }
    guard happens(.receiverErrors, of: 3) else { return (Bool.random(using: &random) ? 200 : 204, nil) }
    let status = [nil, 302, 401, 403, 404, 408, 425, 429, 500, 503].randomElement(using: &random) ?? nil
    let isPaused = status == 429 && Bool.random(using: &random)
    return (status, isPaused ? "\(Int.random(in: 0...40, using: &random))" : nil)
  }
}

/// The reader of standard output.
final class LineReader {
  private let plan: Plan
  private let agenda: Agenda
  private let judge: Judge
  private var random: SplitMix64
  private var stalledUntil: Moment = 0
  var isTroubled = true

  init(plan: Plan, agenda: Agenda, judge: Judge) {
    self.plan = plan
    self.agenda = agenda
    self.judge = judge
    random = SplitMix64(seed: plan.seed ^ 0x7069_7065)
  }

  /// Returns how long there is no room for another line.
  func wait() -> Int64 {
    if isTroubled, plan.troubles.contains(.stalledReader), agenda.now >= stalledUntil,
      random.happens(onceIn: plan.rarity)
    {
      stalledUntil = agenda.now + Int64.random(in: 1...plan.interval * 20, using: &random)
    }
    return isTroubled ? max(0, stalledUntil - agenda.now) : 0
  }

  func take(_ line: [UInt8]) { judge.delivery.wrote(line) }
}
