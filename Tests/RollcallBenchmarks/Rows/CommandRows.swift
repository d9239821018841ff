/// The rows that measure the built command.
struct CommandRows {
  /// The runs of the command; nil if no binary was named.
  let runs: CommandRuns?
  /// The TLS server in front of the space; nil if there is none.
  let front: TLSFront?

  var rows: [Benchmark.Row] {
    [
      Benchmark.Row(name: "idle") { idle() },
      Benchmark.Row(name: "1000 conferences, plain") { crowd("1000 x 10 at 1 s, plain", runs) },
      Benchmark.Row(name: "1000 conferences, TLS") { crowd("1000 x 10 at 1 s, TLS", runsOverTLS) },
      Benchmark.Row(name: "memory") { [memory()] },
      Benchmark.Row(name: "start") { [start()] },
      Benchmark.Row(name: "size") { [size()] },
    ]
  }

  private var runsOverTLS: CommandRuns? { front.flatMap { runs?.at($0[.tags]) } }

  private func idle() -> [Finding] {
    let costs = runs?.idle(interval: 2, seconds: 30) ?? [:]
    guard let sid = costs[.sid] else { return [Finding(note: "idle", "not measured")] }
    let text = { (value: Double) in "\(Finding.rounded(value, digits: 2)) ms/s" }
    return CommandRuns.Subject.allCases.compactMap { subject in
      guard let cost = costs[subject] else { return nil }
      let ratio = "\(Finding.times(cost / sid)) the sid's"
      return switch subject {
      case .sid: Finding(note: "idle at 2 s, a sid", text(sid))
      case .name: Finding("idle at 2 s, --name", cost, atMost: 2, detail: ratio, text: text)
      case .all: Finding("idle at 2 s, --all", cost, atMost: 2, detail: ratio, text: text)
      }
    }
  }

  private func crowd(_ name: String, _ runs: CommandRuns?) -> [Finding] {
    guard let crowd = runs?.crowd(CommandRuns.Load(conferences: 1000, people: 10, seconds: 20)) else {
      return [Finding(note: name, "not measured")]
    }
    return [
      Finding("\(name): CPU", crowd.processor, atMost: 12, detail: "\(crowd.polls) polls", text: Finding.percent),
      Finding("\(name): RSS", Self.mebibytes(crowd.memory), atMost: 32, text: Finding.mebibytes),
      Finding(
        "\(name): due to asked, p99", crowd.delays.most, atMost: 5,
        detail: "median \(Finding.milliseconds(crowd.delays.median)), at most \(crowd.crowding) within 10 ms",
        text: Finding.milliseconds),
    ]
  }

  private func memory() -> Finding {
    let name = "one conference x 1000: RSS"
    guard let runs, let quiet = runs.memory(of: .unchanged), let busy = runs.memory(of: .onePercent) else {
      return Finding(note: name, "not measured")
    }
    let detail = "\(Finding.mebibytes(Self.mebibytes(quiet))) if nothing changes"
    return Finding(name, Self.mebibytes(max(quiet, busy)), atMost: 22, detail: detail, text: Finding.mebibytes)
  }

  private func start() -> Finding {
    let name = "start to first line"
    guard let times = runs?.startUps(40), !times.isEmpty else { return Finding(note: name, "not measured") }
    let best = "\(Finding.milliseconds(Measure.quantile(0, of: times))) at best"
    return Finding(name, Measure.median(times), atMost: 12, detail: best, text: Finding.milliseconds)
  }

  private func size() -> Finding {
    guard let size = runs?.size else { return Finding(note: "binary", "not measured") }
    return Finding("binary", Double(size) / 1e6, atMost: 10.5, text: Finding.megabytes)
  }

  // MARK: Growth

  /// Returns a table of what watches cost by their size, with one row for each size.
  static func growth(_ runs: CommandRuns, _ front: TLSFront?, _ progress: (String) -> Void) -> String {
    let sizes = [1, 10, 100, 1000, 10_000].map { ($0, 10) } + [100, 1000, 10_000].map { (1, $0) }
    var rows = [["conferences x people", "interval", "plain: CPU", "RSS", "received", "TLS: CPU", "RSS", "received"]]
    for (conferences, people) in sizes {
      let interval = conferences > 1000 ? 10 : 1
      let load = CommandRuns.Load(
        conferences: conferences, people: people, interval: interval, seconds: max(20, 2 * interval), countsBytes: true)
      let name = "\(conferences) x \(people)"
      progress(name)
      let cells = cells(runs.crowd(load)) + cells(front.flatMap { runs.at($0[.tags]).crowd(load) })
      rows.append([name, "\(interval) s"] + cells)
    }
    return Finding.columns(rows)
  }

  private static func cells(_ crowd: CommandRuns.Crowd?) -> [String] {
    guard let crowd else { return ["-", "-", "-"] }
    return [
      "\(Finding.rounded(crowd.processor, digits: 2)) %", Finding.mebibytes(mebibytes(crowd.memory)),
      crowd.received.map { "\(Finding.bytes($0))/s" } ?? "-",
    ]
  }

  private static func mebibytes(_ bytes: Int) -> Double { Double(bytes) / 1_048_576 }
}
