/// The rows of polls, which are measured in this process.
struct PollRows {
  let space: SpaceAddress
  /// The TLS server in front of the space; nil if there is none.
  let front: TLSFront?
  let output: Int32
  let rounds: Int

  var rows: [Benchmark.Row] {
    tlsRows + [
      Benchmark.Row(name: "poll, unchanged") { plain(.unchanged, "1000 people, nothing changed", atMost: 1.0) },
      Benchmark.Row(name: "poll, 1 %") { plain(.onePercent, "1 % changed, lines written", atMost: 1.6) },
      Benchmark.Row(name: "poll, one more") { plain(.oneMore, "one left or joined", atMost: 1.5) },
      Benchmark.Row(name: "poll, all dates") { plain(.allDates, "everything changed, no lines", atMost: nil) },
      Benchmark.Row(name: "poll, all muted") { allMuted() },
      Benchmark.Row(name: "cold read") { coldReads() },
      Benchmark.Row(name: "received to written") { [delay()] },
    ]
  }

  /// How many times each scenario is watched anew: the random placement of a connection lasts as long as the
  /// connection.
  private static let sessions = 5

  private var tlsRows: [Benchmark.Row] {
    [
      tls("1000 people, ETag", .unchanged, .tags, atMost: 0.1, bytes: 500),
      tls("1000 people, gzip, repeatable", .unchanged, .gzip, atMost: 0.35, bytes: 40_000),
      tls("1000 people, gzip, not repeatable", .unchanged, .varied, atMost: 1.5, bytes: 40_000),
      tls("10 people, ETag", .smallUnchanged, .tags, atMost: 1.2, bytes: 1000),
      tls("10 people, gzip", .smallUnchanged, .gzip, atMost: 1.2, bytes: 1000),
    ]
  }

  private func tls(
    _ name: String, _ scenario: Scenario, _ form: TLSFront.ReplyForm, atMost bound: Double, bytes: Double
  ) -> Benchmark.Row {
    let name = "TLS, \(name)"
    return Benchmark.Row(name: name) {
      guard let front else { return [Finding(note: name, "not measured: no nginx, python3 or openssl here")] }
      let samples = watch(scenario, at: front[form], rounds)
      guard !samples.polls.isEmpty else { return [Finding(note: name, "not measured: the polls fail")] }
      let (received, whole) = (Measure.median(samples.pollBytes), Measure.median(samples.floorBytes))
      return [
        ratio("\(name): CPU", samples, atMost: bound),
        Finding(
          "\(name): received", received, atMost: bytes, detail: "the floor \(Finding.bytes(whole))", text: Finding.bytes
        ),
      ]
    }
  }

  private func plain(_ scenario: Scenario, _ name: String, atMost bound: Double?) -> [Finding] {
    let samples = watch(scenario, at: space, rounds)
    return [ratio("plain, \(name)", samples, atMost: bound)]
  }

  /// Returns the cost of polls without pauses, relative to the floor in the same rounds.
  private func ratio(_ name: String, _ samples: PollRounds.Samples, atMost bound: Double?) -> Finding {
    let ratio = Measure.median(zip(samples.polls, samples.floors).map { $0 / $1 })
    let (polls, floors) = (Measure.quantile(0.1, of: samples.polls), Measure.quantile(0.1, of: samples.floors))
    let detail =
      "quiet: \(Finding.rounded(polls / floors, digits: 2)) = "
      + "\(Finding.milliseconds(polls)) to \(Finding.milliseconds(floors))"
    guard let bound else { return Finding(note: name, "\(Finding.times(ratio)) (\(detail))") }
    return Finding(name, ratio, atMost: bound, detail: detail, text: Finding.times)
  }

  private func watch(_ scenario: Scenario, at space: SpaceAddress, _ rounds: Int) -> PollRounds.Samples {
    let watched = WatchedScenario(
      scenario: scenario, space: space, output: output, rounds: max(2, rounds / Self.sessions))
    var samples = PollRounds.Samples()
    for _ in 0..<Self.sessions { samples += watched.run().samples }
    return samples
  }

  /// Measures the cost of the lines themselves, from polls with a thousand of them.
  private func allMuted() -> [Finding] {
    let samples = watch(.allMuted, at: space, rounds / 4)
    let (poll, floor) = (Measure.median(samples.polls), Measure.median(samples.floors))
    let line = (poll - floor) * 1000 / Double(Scenario.allMuted.people)
    return [
      Finding(
        note: "plain, everything changed, 1000 lines",
        "\(Finding.times(poll / floor)), \(Finding.rounded(line, digits: 2)) µs a line")
    ]
  }

  private func coldReads() -> [Finding] {
    ListedRoom.Formatting.allCases.compactMap { formatting in
      guard let samples = ColdReading(formatting)?.samples(rounds: rounds) else { return nil }
      let best = "\(Finding.milliseconds(Measure.quantile(0, of: samples))) at best"
      return Finding(
        "cold read of 600 kB, \(formatting)", Measure.median(samples), atMost: formatting == .compact ? 0.16 : 0.6,
        detail: best, text: Finding.milliseconds)
    }
  }

  /// Measures polls at intervals, so that memory and caches are as cold as in practice.
  private func delay() -> Finding {
    var watched = WatchedScenario(scenario: .onePercent, space: space, output: output, rounds: 4)
    watched.pause = .milliseconds(20)
    let delays = watched.run().delays
    return Finding(
      "list received to line written, p99", Measure.quantile(0.99, of: delays), atMost: 1,
      detail: "median \(Finding.milliseconds(Measure.median(delays))), \(delays.count) writes",
      text: Finding.milliseconds)
  }
}
