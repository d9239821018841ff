import Libc

/// Goes through the rows of the table, one after the other.
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
    var findings: [Finding] = []
    for row in rows(space, lines.writer) where options.only.isEmpty || row.name.contains(options.only) {
      cursor(row.name)
      findings += row.measure()
    }
    cursor("")
    Descriptor.write(Array(Finding.table(findings).utf8), to: STDOUT_FILENO)
    return 0
  }

  struct Row {
    var name: String
    var measure: () -> [Finding]
  }

  private func rows(_ space: SpaceAddress, _ output: Int32) -> [Row] {
    let polls = PollRows(space: space, output: output, rounds: options.rounds)
    let commands = CommandRows(runs: options.binary.map { CommandRuns(binary: $0, space: space) })
    return polls.rows + StoreRows(commits: options.rounds * 20).rows + commands.rows
  }

  /// Tells people at a terminal what is going on, on one line.
  private func cursor(_ name: String) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    Descriptor.write(Array("\r\u{1b}[K\(name)".utf8), to: STDERR_FILENO)
  }
}
