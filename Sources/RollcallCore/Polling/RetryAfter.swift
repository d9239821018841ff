/// Reads how long a server asks clients to wait. Source: RFC 9110 section 10.2.3.
package enum RetryAfter {
  /// The maximum wait, whatever the server asks for.
  package static let longest = Duration.seconds(15 * 60)

  /// Reads a header's value: a number of seconds or an HTTP date.
  ///
  /// - Parameter now: the current time; nil if no clock can be trusted, and then a date gives nil.
  /// - Returns: 0 to 15 min, 0 for a date in the past; nil for any other value.
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
      guard byte.isASCIIDigit else { return nil }
      seconds = min(seconds * 10 + Int64(byte - UInt8(ascii: "0")), longest.components.seconds)
    }
    return seconds
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}
