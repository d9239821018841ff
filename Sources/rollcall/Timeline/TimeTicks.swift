import RollcallCore

/// The marks of a time axis, in levels: the coarsest fit a narrow chart, finer ones are shown as it gets wider.
struct TimeTicks {
  struct Tick: Equatable {
    let at: Timestamp
    /// From 1, the coarsest.
    let level: Int
    let text: String
  }

  /// At most so many marks at each level; ``TimelineStyle`` says from which width on a level is shown.
  static let most: [Int64] = [7, 14, 40, 120, 360]
  private static let second: Int64 = 1000
  private static let day: Int64 = 86_400 * second
  private static let steps: [Int64] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200].map {
      $0 * second
    } + [1, 2, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 50_000, 100_000, 1_000_000].map { $0 * day }

  let ticks: [Tick]

  init(_ scale: TimeScale) {
    var seen: Set<Int64> = []
    var ticks: [Tick] = []
    for (index, step) in Self.levels(scale.milliseconds).enumerated() {
      for at in stride(from: Self.first(step, scale), through: scale.end.milliseconds, by: Int(step))
      where seen.insert(at).inserted {
        let moment = Timestamp(milliseconds: at)
        ticks.append(Tick(at: moment, level: index + 1, text: Self.text(moment, step)))
      }
    }
    self.ticks = ticks.sorted { $0.at < $1.at }
  }

  /// The step of each level; each divides the one before it, so that marks stay where they are.
  private static func levels(_ length: Int64) -> [Int64] {
    // The second level is what most people see, so it has the choice.
    guard let usual = steps.first(where: { length / $0 < most[1] }) else { return [] }
    let coarse = steps.first { $0.isMultiple(of: usual) && length / $0 < most[0] }
    var levels = [coarse ?? usual, usual]
    for most in most.dropFirst(levels.count) {
      let last = levels.last ?? usual
      levels.append(steps.first { last.isMultiple(of: $0) && length / $0 < most } ?? last)
    }
    return levels
  }

  private static func first(_ step: Int64, _ scale: TimeScale) -> Int64 {
    let start = scale.start.milliseconds
    let rest = start % step
    return rest == 0 ? start : start - rest + (rest > 0 ? step : 0)
  }

  private static func text(_ moment: Timestamp, _ step: Int64) -> String {
    if moment.milliseconds.isMultiple(of: day) { return ClockText.day(moment) }
    return step < 60 * second ? ClockText.seconds(moment) : ClockText.minutes(moment)
  }
}
