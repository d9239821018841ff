import RollcallCore
import RollcallTestKit

/// Draws redaction, filters and the provider's clock from random sequences of their own, so that a world does not
/// depend on which events are emitted and who receives them.
extension Plan {
  var redaction: Redaction? {
    redacted.isEmpty ? nil : Redaction(redacted, key: Array("a key of the seed \(seed)".utf8))
  }

  mutating func drawRedaction() {
    var random = SplitMix64(seed: seed ^ 0x7265_6461_6374)
    guard random.happens(onceIn: 4) else { return }
    let fields: [Redaction.Field] = [.callSID, .label, .accountSID, .friendlyName]
    redacted = Set(fields.filter { $0 == .callSID || random.happens(onceIn: 2) })
    if random.happens(onceIn: 4), redacted.count > 1 { redacted.remove(.callSID) }
  }

  mutating func drawClock() {
    var random = SplitMix64(seed: seed ^ 0x636c_6f63_6b73)
    sendsDate = !random.happens(onceIn: 4)
    guard random.happens(onceIn: 2) else { return }
    providerClockOffset = Int64.random(in: -7200...7200, using: &random)
  }

  mutating func drawFilters() {
    var random = SplitMix64(seed: seed ^ 0x6669_6c74_6572)
    for index in targets.indices {
      if random.happens(onceIn: 4) { targets[index].filter.calls = calls(&random) }
      if random.happens(onceIn: 4) {
        targets[index].filter.fields = Set(TrackedField.allCases.filter { _ in random.happens(onceIn: 3) })
      }
    }
  }

  /// Returns the calls of some of the first participants.
  private func calls(_ random: inout SplitMix64) -> Set<String> {
    let calls = (0..<Int.random(in: 1...6, using: &random)).map { _ in
      let conference = Int.random(in: 0..<conferences, using: &random)
      return "\(TrueConference.callPrefix(number: conference, seed: seed))\(Int.random(in: 1...12, using: &random))"
    }
    return Set(calls)
  }
}
