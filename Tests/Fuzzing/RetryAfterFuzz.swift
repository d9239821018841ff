import RollcallCore

/// The pauses that a server may ask for with a header.
enum RetryAfterFuzz {
  private static let longest: Int64 = 15 * 60

  static func check(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let clock = input.byte()
    let number = input.integer()
    // In two of four cases the clock is near the date: two random dates are hardly ever within a quarter of an hour.
    let now: Timestamp? =
      switch clock & 3 {
      case 0: nil
      case 1: Timestamp(milliseconds: number)
      default: Timestamp(milliseconds: 1_795_428_180_000 + number % 2_000_000)
      }
    let text = String(decoding: input.remainder(), as: UTF8.self)
    let wait = RetryAfter.parse(text, now: now)
    if let wait { require(wait >= .zero && wait <= .seconds(longest), "expected 0 to \(longest) s, got \(wait)") }
    require(RetryAfter.parse(" \t\(text)\t ", now: now) == wait, "spaces around the value change the result")
    require(wait == expected(text, now), "\(text.debugDescription) is \(String(describing: wait))")
  }

  private static func expected(_ text: String, _ now: Timestamp?) -> Duration? {
    var value = Array(text.utf8)
    while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
    value.reverse()
    while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
    value.reverse()
    guard !value.isEmpty else { return nil }
    if value.allSatisfy({ (0x30...0x39).contains($0) }) {
      let digits = value.drop { $0 == 0x30 }
      let isLong = digits.count > 3
      return .seconds(isLong ? longest : min(longest, Int64(String(decoding: digits, as: UTF8.self)) ?? 0))
    }
    guard let now, let date = RFC2822Date.seconds(value[...]) else { return nil }
    let wait = Int128(date) * 1000 - Int128(now.milliseconds)
    return .milliseconds(min(max(wait, 0), Int128(longest) * 1000))
  }
}
