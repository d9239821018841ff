/// The benchmark's command-line options.
struct BenchmarkOptions {
  enum Role {
    case report
    /// Serve the polled space, in a process of its own.
    case serve
    /// Run one hot path a number of times, for a tool that counts its instructions.
    case work(HotPath, times: Int)
  }

  static let usage = """
    usage: RollcallBenchmarks [--binary PATH] [--rounds N] [--only TEXT | --growth]
      --binary  a release build of rollcall, the Swift runtime linked statically and stripped
      --rounds  how often each comparison is repeated (100)
      --only    only rows whose name holds this text
      --growth  instead, what watches of growing size cost
    or:    RollcallBenchmarks --work PATH N
      does one hot path so many times: \(HotPath.allCases.map(\.rawValue).joined(separator: ", "))

    """

  var role = Role.report
  var binary: String?
  var rounds = 100
  var only = ""
  var showsGrowth = false

  /// - Returns: nil if the arguments are invalid.
  init?(_ arguments: [String]) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      switch name {
      case "--serve": role = .serve
      case "--work":
        guard let path = rest.popFirst().flatMap(HotPath.init), let times = rest.popFirst().flatMap({ Int($0) }),
          times > 0
        else { return nil }
        role = .work(path, times: times)
      case "--binary":
        guard let path = rest.popFirst() else { return nil }
        binary = path
      case "--rounds":
        guard let count = rest.popFirst().flatMap({ Int($0) }), count > 0 else { return nil }
        rounds = count
      case "--only":
        guard let text = rest.popFirst() else { return nil }
        only = text
      case "--growth": showsGrowth = true
      default: return nil
      }
    }
  }
}
