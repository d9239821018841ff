import RollcallCore

/// A time as people give it: a date, or how long ago it was.
enum Moment: Hashable, Sendable {
  case at(Timestamp)
  case ago(Duration)

  /// - Returns: nil where the text is neither `2026-11-23T09:43:00Z` nor a duration such as `2h`.
  init?(_ text: String) {
    if let timestamp = Timestamp(rfc3339: text) {
      self = .at(timestamp)
    } else if let duration = DurationText.parse(text) {
      self = .ago(duration)
    } else {
      return nil
    }
  }

  func timestamp(now: Timestamp) -> Timestamp {
    switch self {
    case .at(let timestamp): timestamp
    case .ago(let duration): now - duration
    }
  }
}

extension ParsedArguments {
  /// A date or a time ago.
  func moment(_ name: OptionName) throws(UsageError) -> Moment? {
    guard let text = text(name) else { return nil }
    guard let moment = Moment(text) else {
      throw .invalid(name, text, right: "give a time such as 2026-11-23T09:43:00Z, or 2h for two hours ago")
    }
    return moment
  }

  /// The conference that an option names.
  func conference() throws(UsageError) -> ConferenceSID? {
    guard let text = text(.conference) else { return nil }
    return try ConferenceSID(argument: text)
  }
}
