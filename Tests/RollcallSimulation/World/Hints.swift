import RollcallCore
import RollcallTestKit

/// How a provider's callbacks arrive, and how often false ones do.
struct HintPlan: Sendable, Equatable {
  /// One in this many true hints is lost.
  var lossRarity: Int
  /// The maximum delay of a true hint, in milliseconds.
  var longestDelay: Int64
  /// One in this many true hints is repeated, up to three times.
  var repetitionRarity: Int
  /// The average time between two false hints, in milliseconds; nil for none.
  var falseGap: Int64?
}

/// Draws the hints from a random sequence of their own.
extension Plan {
  mutating func drawHints() {
    var random = SplitMix64(seed: seed ^ 0x6869_6e74_73)
    guard random.happens(onceIn: 3) else { return }
    hints = HintPlan(
      lossRarity: [1, 2, 5, 1000].randomElement(using: &random) ?? 5,
      longestDelay: [1, 50, 2000, interval * 2].randomElement(using: &random) ?? 50,
      repetitionRarity: [2, 5, 1000].randomElement(using: &random) ?? 5,
      falseGap: [nil, 20, 300, 5000].randomElement(using: &random) ?? nil)
  }
}

/// Gives the process true hints when something has happened, some of them lost, late or repeated, and false ones at any
/// time.
final class Hints {
  private static let repetitionTime: Int64 = 5000

  private let plan: HintPlan
  private let agenda: Agenda
  private let provider: Provider
  private var random: SplitMix64
  /// Gives a hint to the running process, if there is one.
  private let give: (ConferenceSID) -> Void
  /// Whether hints are given.
  var isOn = true

  init(_ plan: HintPlan, seed: UInt64, agenda: Agenda, provider: Provider, give: @escaping (ConferenceSID) -> Void) {
    self.plan = plan
    self.agenda = agenda
    self.provider = provider
    self.give = give
    random = SplitMix64(seed: seed ^ 0x6361_6c6c)
    if let gap = plan.falseGap { scheduleFalseOnes(gap) }
  }

  /// Sends hints of something that has happened in a conference, unless they are lost.
  func announce(_ conference: ConferenceSID) {
    guard !random.happens(onceIn: plan.lossRarity) else { return }
    send(conference, after: Int64.random(in: 0...plan.longestDelay, using: &random))
    guard random.happens(onceIn: plan.repetitionRarity) else { return }
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      send(conference, after: Int64.random(in: 0...plan.longestDelay + Self.repetitionTime, using: &random))
    }
  }

  private func send(_ conference: ConferenceSID, after wait: Int64) {
    agenda.after(wait) { [self] in if isOn { give(conference) } }
  }

  private func scheduleFalseOnes(_ gap: Int64) {
    agenda.after(Int64.random(in: 1...gap * 2, using: &random)) { [self] in
      guard isOn else { return }
      let known = provider.order.randomElement(using: &random).flatMap { provider.rooms[$0]?.conference }
      let unknown = ConferenceSID("unknown-\(Int.random(in: 0..<5, using: &random))")
      if let conference = random.happens(onceIn: 4) ? unknown : known { give(conference) }
      scheduleFalseOnes(gap)
    }
  }
}
