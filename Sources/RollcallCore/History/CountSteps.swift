/// How many people were in a room over time, as the events say.
package struct CountSteps: Equatable, Sendable {
  package struct Step: Equatable, Sendable {
    package let at: Timestamp
    package let count: Int
  }

  /// In the order of time, no two at the same moment.
  package private(set) var steps: [Step] = []

  /// The most at once; what one poll tells counts as it is in the end.
  package var peak: Int { steps.map(\.count).max() ?? 0 }

  mutating func note(_ count: Int, at moment: Timestamp) {
    if steps.last?.at == moment { steps.removeLast() }
    if steps.last?.count != count { steps.append(Step(at: moment, count: count)) }
  }

  /// Milliseconds that all people together spent in the room until a moment.
  package func integral(until end: Timestamp) -> Int64 {
    var sum: Int64 = 0
    for (index, step) in steps.enumerated() {
      let next = index + 1 < steps.count ? min(steps[index + 1].at, end) : end
      let (product, overflow) = max(0, (next - step.at).wholeMilliseconds).multipliedReportingOverflow(
        by: Int64(step.count))
      guard !overflow, sum <= .max - product else { return .max }
      sum += product
    }
    return sum
  }

  func clipped(to window: ClosedRange<Timestamp>) -> CountSteps {
    var clipped = CountSteps()
    if let before = steps.last(where: { $0.at <= window.lowerBound }) {
      clipped.note(before.count, at: window.lowerBound)
    }
    for step in steps where step.at > window.lowerBound && step.at <= window.upperBound {
      clipped.note(step.count, at: step.at)
    }
    return clipped
  }
}
