/// The rows that are measured in this process.
struct PollRows {
  let space: SpaceAddress
  let output: Int32
  let rounds: Int

  var rows: [Benchmark.Row] {
    [
      Benchmark.Row(name: "poll, unchanged") { [poll(.unchanged, "1000 people, nothing changed", atMost: 1.0)] },
      Benchmark.Row(name: "poll, 1 %") { [poll(.onePercent, "1 % changed, lines written", atMost: 1.25)] },
      Benchmark.Row(name: "poll, one more") { [poll(.oneMore, "one left or joined", atMost: 1.4)] },
      Benchmark.Row(name: "poll, all dates") { [poll(.allDates, "everything changed, no lines", atMost: 2.2)] },
      Benchmark.Row(name: "poll, all muted") { allMuted() },
      Benchmark.Row(name: "cold read") { coldReads() },
      Benchmark.Row(name: "received to written") { [delay()] },
    ]
  }

  /// How a connection happens to be placed lasts as long as it does, so that each scenario is watched several times anew.
  private static let sessions = 5

  /// One scenario back to back, against the yardstick of the same rounds.
  private func poll(_ scenario: Scenario, _ name: String, atMost bound: Double) -> Finding {
    let samples = watch(scenario, rounds)
    let ratios = zip(samples.polls, samples.floors).map { $0 / $1 }
    let (polls, floors) = (Measure.quantile(0.1, of: samples.polls), Measure.quantile(0.1, of: samples.floors))
    let detail =
      "quiet: \(Finding.rounded(polls / floors, digits: 2)) = "
      + "\(Finding.milliseconds(polls)) to \(Finding.milliseconds(floors))"
    return Finding(name, Measure.median(ratios), atMost: bound, detail: detail, text: Finding.times)
  }

  private func watch(_ scenario: Scenario, _ rounds: Int) -> PollRounds.Samples {
    let watched = WatchedScenario(
      scenario: scenario, space: space, output: output, rounds: max(2, rounds / Self.sessions))
    var samples = PollRounds.Samples()
    for _ in 0..<Self.sessions {
      let more = watched.run().samples
      samples.polls += more.polls
      samples.floors += more.floors
    }
    return samples
  }

  /// The cost of the lines themselves: what a poll with a thousand of them takes.
  private func allMuted() -> [Finding] {
    let samples = watch(.allMuted, rounds / 4)
    let (poll, floor) = (Measure.median(samples.polls), Measure.median(samples.floors))
    let line = (poll - floor) * 1000 / Double(Scenario.people)
    return [
      Finding(
        note: "everything changed, 1000 lines",
        "\(Finding.times(poll / floor)), \(Finding.rounded(line, digits: 2)) µs a line")
    ]
  }

  private func coldReads() -> [Finding] {
    ListedRoom.Formatting.allCases.compactMap { formatting in
      guard let samples = ColdReading(formatting)?.samples(rounds: rounds) else { return nil }
      let best = "\(Finding.milliseconds(Measure.quantile(0, of: samples))) at best"
      return Finding(
        "cold read of 600 kB, \(formatting)", Measure.median(samples), atMost: formatting == .compact ? 0.15 : 0.6,
        detail: best, text: Finding.milliseconds)
    }
  }

  /// Polled at a pace, so that memory and caches are as cold as they will be.
  private func delay() -> Finding {
    var watched = WatchedScenario(scenario: .onePercent, space: space, output: output, rounds: 4)
    watched.pause = .milliseconds(20)
    let delays = watched.run().delays
    return Finding(
      "list received to line written, p99", Measure.quantile(0.99, of: delays), atMost: 1,
      detail: "\(Finding.milliseconds(Measure.median(delays))) in the middle, \(delays.count) lines",
      text: Finding.milliseconds)
  }
}
