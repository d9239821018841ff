/// How long a server asks to be left alone. Source: RFC 9110 section 10.2.3.
package enum RetryAfter {
  /// More than this is not waited for, whatever the server says.
  package static let longest = Duration.seconds(15 * 60)

  /// Reads a header's value: a number of seconds or an HTTP date.
  ///
  /// - Parameter now: nil where no clock is to be trusted: a date says nothing then.
  /// - Returns: 0…15 min, a date gone by being 0; nil where the value is neither.
  package static func parse(_ value: String, now: Timestamp?) -> Duration? {
    let bytes = Array(value.utf8)
    guard let first = bytes.firstIndex(where: { !isBlank($0) }), let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return nil }
    let text = bytes[first...last]
    if let seconds = seconds(text) { return .seconds(seconds) }
    guard let now, let date = RFC2822Date.seconds(text) else { return nil }
    let wait = Timestamp(milliseconds: date * 1000) - now
    return min(max(wait, .zero), longest)
  }

  private static func seconds(_ digits: ArraySlice<UInt8>) -> Int64? {
    var seconds: Int64 = 0
    for byte in digits {
      guard byte &- UInt8(ascii: "0") <= 9 else { return nil }
      seconds = min(seconds * 10 + Int64(byte - UInt8(ascii: "0")), longest.components.seconds)
    }
    return seconds
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}

/// How long to wait after polls that failed, one after the other: full jitter, doubling.
package enum Backoff {
  /// The most that the first wait can be.
  package static let first = Duration.milliseconds(500)
  /// The most that any wait can be.
  package static let longest = Duration.seconds(60)
  /// No wait is shorter than this, or than the interval where that is shorter still.
  package static let floor = Duration.seconds(1)

  /// The wait after failure number `attempt`, counted from 0: between 0 and min(60 s, 0.5 s · 2^attempt), but not less than
  /// min(interval, 1 s).
  package static func delay(
    attempt: Int, interval: Duration, using random: inout some RandomNumberGenerator
  ) -> Duration {
    // 0.5 s · 2^7 is over 60 s already.
    let doubled = first * (1 << min(max(attempt, 0), 7))
    let jitter = Int64.random(in: 0...min(doubled, longest).wholeMilliseconds, using: &random)
    return max(.milliseconds(jitter), min(interval, floor))
  }
}
