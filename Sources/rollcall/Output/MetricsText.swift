import RollcallCore

/// Metrics in the text format of Prometheus, version 0.0.4. Source: prometheus.io, "Exposition formats".
struct MetricsText {
  enum Kind: String {
    case gauge
    case counter
    case histogram
  }

  typealias Labels = [(name: String, value: String)]

  private(set) var text = ""

  /// A whole number of milliseconds as seconds.
  static func seconds(_ duration: Duration) -> String {
    let (seconds, rest) = duration.wholeMilliseconds.quotientAndRemainder(dividingBy: 1000)
    let digits = String(rest)
    return "\(seconds)." + String(repeating: "0", count: 3 - digits.count) + digits
  }

  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
    add(name, kind, help, [([], "\(value)")])
  }

  /// - Parameter samples: none where nothing is to be told, which then is not.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: Labels, value: String)]) {
    guard !samples.isEmpty else { return }
    begin(name, kind, help)
    for sample in samples { line(name, sample.labels, sample.value) }
  }

  /// - Parameter buckets: how many values were not over each bound, the least bound first.
  mutating func addHistogram(
    _ name: String, _ help: String, _ buckets: [(bound: Duration, count: Int)], sum: Duration, count: Int
  ) {
    begin(name, .histogram, help)
    for bucket in buckets { line(name + "_bucket", [("le", Self.seconds(bucket.bound))], "\(bucket.count)") }
    line(name + "_bucket", [("le", "+Inf")], "\(count)")
    line(name + "_sum", [], Self.seconds(sum))
    line(name + "_count", [], "\(count)")
  }

  private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP rollcall_\(name) \(help)\n# TYPE rollcall_\(name) \(kind.rawValue)\n"
  }

  private mutating func line(_ name: String, _ labels: Labels, _ value: String) {
    let list = labels.map { "\($0.name)=\"\(Self.quoted($0.value))\"" }.joined(separator: ",")
    text += "rollcall_\(name)" + (list.isEmpty ? "" : "{\(list)}") + " \(value)\n"
  }

  private static func quoted(_ value: String) -> String {
    String(TerminalText.sanitised(value).flatMap { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" })
  }
}
