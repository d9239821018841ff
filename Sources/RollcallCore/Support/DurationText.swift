/// Durations as written in options: `500ms`, `2s`, `5m`, `1h`, `1d`.
package enum DurationText {
  /// The maximum number of digits.
  package static let maximumDigits = 9

  /// - Returns: nil if the text is not a whole number of at most nine digits followed by one of the five units.
  package static func parse(_ text: String) -> Duration? {
    var scanner = ByteScanner(ArraySlice(text.utf8))
    guard let number = scanner.number(digits: 1...maximumDigits) else { return nil }
    let milliseconds: Int
    if scanner.take("d") {
      milliseconds = 86_400_000
    } else if scanner.take("h") {
      milliseconds = 3_600_000
    } else if scanner.take("s") {
      milliseconds = 1000
    } else if scanner.take("m") {
      milliseconds = scanner.take("s") ? 1 : 60_000
    } else {
      return nil
    }
    return scanner.isAtEnd ? .milliseconds(number * milliseconds) : nil
  }

  /// Returns the duration in the largest unit up to hours that gives a whole number. Fractions of a millisecond are
  /// dropped.
  package static func format(_ duration: Duration) -> String {
    let milliseconds = duration.wholeMilliseconds
    if milliseconds % 1000 != 0 { return "\(milliseconds)ms" }
    if milliseconds % 3_600_000 == 0, milliseconds != 0 { return "\(milliseconds / 3_600_000)h" }
    if milliseconds % 60_000 == 0, milliseconds != 0 { return "\(milliseconds / 60_000)m" }
    return "\(milliseconds / 1000)s"
  }
}

/// Durations in the form in which people say them: `12.3 s`, `1 min 8 s`, `2 h 3 min`.
package enum SpokenDuration {
  package static func text(milliseconds: Int64) -> String {
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    guard seconds >= 60 else { return "\(seconds).\(rest / 100) s" }
    let (minutes, second) = seconds.quotientAndRemainder(dividingBy: 60)
    let (hours, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    return hours > 0 ? "\(hours) h \(minute) min" : "\(minute) min \(second) s"
  }
}
