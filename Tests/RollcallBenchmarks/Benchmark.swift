import Libc

/// Measures the rows of the table, one after the other.
struct Benchmark {
  let options: BenchmarkOptions
  let program: String

  func run() -> Int32 {
    guard let server = ChildProcess(program, ["--serve"]),
      let space = SpaceAddress(Descriptor.read(server.output)),
      let lines = Descriptor.pipe(), Reader.start(on: lines.reader)
    else {
      Descriptor.write(Array("the polled space does not start\n".utf8), to: STDERR_FILENO)
      return 70
    }
    let front = TLSFront(before: space)
    let runs = options.binary.map { CommandRuns(binary: $0, space: space) }
    let before = Self.loads
    let table: String
    if options.showsGrowth {
      guard let runs else {
        Descriptor.write(Array("--growth needs --binary\n".utf8), to: STDERR_FILENO)
        return 64
      }
      table = CommandRows.growth(runs, front, cursor)
    } else {
      var findings: [Finding] = []
      for row in rows(space, front, runs, lines.writer) where options.only.isEmpty || row.name.contains(options.only) {
        cursor(row.name)
        findings += row.measure()
      }
      table = Finding.table(findings)
    }
    cursor("")
    let load = "load of the machine before and after: \(before) / \(Self.loads)\n"
    Descriptor.write(Array((table + load).utf8), to: STDOUT_FILENO)
    return 0
  }

  struct Row {
    var name: String
    var measure: () -> [Finding]
  }

  private func rows(_ space: SpaceAddress, _ front: TLSFront?, _ runs: CommandRuns?, _ output: Int32) -> [Row] {
    PollRows(space: space, front: front, output: output, rounds: options.rounds).rows
      + StoreRows(commits: options.rounds * 20).rows
      + CommandRows(runs: runs, front: front).rows
  }

  /// The load averages of the last 1, 5 and 15 minutes.
  private static var loads: String {
    let words = Descriptor.text(of: "/proc/loadavg").split(separator: " ").prefix(3)
    return words.isEmpty ? "unknown" : words.joined(separator: " ")
  }

  /// Shows the current row on one line of the terminal.
  private func cursor(_ name: String) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    Descriptor.write(Array("\r\u{1b}[K\(name)".utf8), to: STDERR_FILENO)
  }
}
