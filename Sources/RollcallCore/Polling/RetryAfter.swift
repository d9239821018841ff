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
