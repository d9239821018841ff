import RollcallCore
import RollcallTestKit

/// Draws the alert conditions from a random sequence of their own.
extension Plan {
  mutating func drawAlerts() {
    var random = SplitMix64(seed: seed ^ 0x616c_6572_7473)
    guard random.happens(onceIn: 2) else { return }
    var names: Set<String> = []
    for _ in 0..<Int.random(in: 1...5, using: &random) {
      let polls = [1, 2, 5, 12].randomElement(using: &random) ?? 2
      let duration = "\(max(1000, interval * Int64(polls)))ms"
      let people = Int.random(in: 1...max(1, maximumPeople - 1), using: &random)
      switch AlertCondition.Subject.allCases.randomElement(using: &random) ?? .hold {
      case .people: names.insert("people:\(people):\(duration)")
      case let subject: names.insert("\(subject.rawValue):\(duration)")
      }
    }
    alerts = names.sorted().compactMap { try? AlertCondition($0) }
  }

  /// Returns the conditions of one process; sometimes one is missing.
  ///
  /// - Parameter number: the process's number, from 1.
  func alerts(of number: Int) -> [AlertCondition] {
    var random = SplitMix64(seed: seed ^ 0x6769_7665_6e &+ UInt64(number) << 32)
    guard number > 1, !alerts.isEmpty, random.happens(onceIn: 3) else { return alerts }
    var given = alerts
    given.remove(at: Int.random(in: given.indices, using: &random))
    return given
  }
}
