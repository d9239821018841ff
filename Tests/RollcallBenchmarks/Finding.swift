/// One line of the table: the target and the measured value.
struct Finding: Sendable {
  enum Verdict: String, Sendable {
    case met
    case missed
    /// Shown for comparison, or impossible to measure here.
    case note = "-"
  }

  var work: String
  var target: String
  var measured: String
  var verdict: Verdict

  /// Creates a finding about a value that must not exceed a bound; `text` writes both.
  init(_ work: String, _ value: Double, atMost bound: Double, detail: String = "", text: (Double) -> String) {
    self.work = work
    target = "<= \(text(bound))"
    measured = text(value) + (detail.isEmpty ? "" : " (\(detail))")
    verdict = value <= bound ? .met : .missed
  }

  init(note work: String, _ measured: String) {
    self.work = work
    target = ""
    self.measured = measured
    verdict = .note
  }

  static func times(_ value: Double) -> String { "\(rounded(value, digits: 2)) x" }
  static func milliseconds(_ value: Double) -> String { "\(rounded(value, digits: 3)) ms" }
  static func percent(_ value: Double) -> String { "\(rounded(value, digits: 1)) %" }
  static func mebibytes(_ value: Double) -> String { "\(rounded(value, digits: 1)) MiB" }
  static func bytes(_ value: Double) -> String { "\(rounded(value / 1000, digits: 2)) kB" }
  static func megabytes(_ value: Double) -> String { "\(rounded(value, digits: 1)) MB" }

  /// Returns a number with `digits` digits after the decimal point.
  static func rounded(_ value: Double, digits: Int) -> String {
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let units = Int((value * Double(scale)).rounded())
    let fraction = String(abs(units % scale))
    let sign = units < 0 ? "-" : ""
    return "\(sign)\(abs(units / scale)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
  }

  /// Returns the findings as a table.
  static func table(_ findings: [Finding]) -> String {
    columns(
      [["work", "target", "measured", ""]] + findings.map { [$0.work, $0.target, $0.measured, $0.verdict.rawValue] })
  }

  /// Returns rows, which all have the same number of texts, aligned in columns.
  static func columns(_ rows: [[String]]) -> String {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ") + "\n"
    }.joined()
  }
}
