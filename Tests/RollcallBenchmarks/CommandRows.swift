/// The rows that are measured of the built command.
struct CommandRows {
  /// nil where no binary was named.
  let runs: CommandRuns?

  var rows: [Benchmark.Row] {
    [
      Benchmark.Row(name: "1000 conferences") { crowd() },
      Benchmark.Row(name: "memory") { [memory()] },
      Benchmark.Row(name: "start") { [start()] },
      Benchmark.Row(name: "size") { [size()] },
      Benchmark.Row(name: "growth, conferences") { [(1, 1), (10, 1), (100, 1), (1000, 1), (10_000, 10)].map(growth) },
      Benchmark.Row(name: "growth, people") { [10, 100, 1000, 10_000].map(growth) },
    ]
  }

  private func crowd() -> [Finding] {
    let name = "1000 conferences x 10 at 1 s"
    guard let crowd = runs?.crowd(conferences: 1000, people: 10, seconds: 20) else {
      return [Finding(note: name, "not measured")]
    }
    return [
      Finding("\(name), CPU", crowd.processor, atMost: 12, detail: "\(crowd.polls) polls", text: Finding.percent),
      Finding("\(name), RSS", Self.mebibytes(crowd.memory), atMost: 32, text: Finding.mebibytes),
      Finding(
        "\(name), due to asked p99", crowd.delays.most, atMost: 5,
        detail: "\(Finding.milliseconds(crowd.delays.median)) in the middle, at most \(crowd.crowding) within 10 ms",
        text: Finding.milliseconds),
    ]
  }

  private func memory() -> Finding {
    let name = "one conference x 1000, RSS"
    guard let runs, let quiet = runs.memory(of: .unchanged), let busy = runs.memory(of: .onePercent) else {
      return Finding(note: name, "not measured")
    }
    let detail = "\(Finding.mebibytes(Self.mebibytes(quiet))) where nothing changes"
    return Finding(name, Self.mebibytes(max(quiet, busy)), atMost: 20, detail: detail, text: Finding.mebibytes)
  }

  private func start() -> Finding {
    let name = "start to first line"
    guard let times = runs?.startUps(40), !times.isEmpty else { return Finding(note: name, "not measured") }
    let best = "\(Finding.milliseconds(Measure.quantile(0, of: times))) at best"
    return Finding(name, Measure.median(times), atMost: 12, detail: best, text: Finding.milliseconds)
  }

  private func size() -> Finding {
    guard let size = runs?.size else { return Finding(note: "binary", "not measured") }
    return Finding("binary", Double(size) / 1e6, atMost: 10, text: Finding.megabytes)
  }

  /// How cost grows with the number of conferences.
  private func growth(conferences: Int, interval: Int) -> Finding {
    growth("\(conferences) conferences x 10 at \(interval) s", conferences, 10, interval)
  }

  /// How cost grows with the number of people in one.
  private func growth(people: Int) -> Finding { growth("1 conference x \(people) at 1 s", 1, people, 1) }

  private func growth(_ name: String, _ conferences: Int, _ people: Int, _ interval: Int) -> Finding {
    let crowd = runs?.crowd(
      conferences: conferences, people: people, interval: interval, seconds: max(10, 2 * interval))
    guard let crowd else { return Finding(note: name, "not measured") }
    let memory = Finding.mebibytes(Self.mebibytes(crowd.memory))
    return Finding(note: name, "\(Finding.percent(crowd.processor)) of a core, \(memory), \(crowd.polls) polls")
  }

  private static func mebibytes(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }
}
