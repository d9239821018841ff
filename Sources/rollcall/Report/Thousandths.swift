/// Numbers with three decimals, without the locale of anybody.
enum Thousandths {
  /// `3.250`; what is not finite, or beyond what an `Int64` holds in thousandths, is 0.
  static func text(_ number: Double) -> String {
    let scaled = (number * 1000).rounded()
    guard let thousandths = Int64(exactly: scaled) else { return "0.000" }
    let (whole, rest) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
    let decimals = String(repeating: "0", count: 3 - String(rest).count) + String(rest)
    return "\(thousandths < 0 ? "-" : "")\(whole).\(decimals)"
  }
}
