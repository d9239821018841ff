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
    ]
  }

  private func crowd() -> [Finding] {
    let name = "1000 conferences x 10 at 1 s"
    guard let crowd = runs?.crowd(seconds: 20) else { return [Finding(note: name, "not measured")] }
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

  private static func mebibytes(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }
}
