import RollcallCore

/// The conditions of alerts.
enum AlertOptions {
  static let alert = Option(
    repeated: "alert", .alertCondition, atMost: AlertCondition.maximumCount,
    help: "raise an alert once this has lasted for D: \(forms)")

  private static var forms: String {
    let forms = AlertCondition.Subject.allCases.map(\.form)
    return forms.dropLast().joined(separator: ", ") + " or \(forms.last ?? "")"
  }

  /// Returns the conditions in the given order.
  ///
  /// - Throws: ``UsageError`` for an invalid or repeated condition, too many, or any with `--once`.
  static func conditions(_ arguments: ParsedArguments) throws(UsageError) -> [AlertCondition] {
    var conditions: [AlertCondition] = []
    for condition in try arguments[alert] {
      if let same = conditions.first(where: condition.means) {
        let problem =
          same.name == condition.name ? "is given twice" : "means the same as \(Quotation.of(same.name))"
        throw UsageError("--alert \(Quotation.of(condition.name)) \(problem)", right: "give it once")
      }
      conditions.append(condition)
    }
    guard conditions.isEmpty || !arguments.has(WatchOptions.once) else {
      throw .contradiction(alert, WatchOptions.once)
    }
    return conditions
  }

  /// Rejects alerts that reach no output, and a filter for alerts that are never raised.
  ///
  /// - Parameter isSeenElsewhere: whether some output gets events that the filter excludes.
  static func check(
    _ conditions: [AlertCondition], _ arguments: ParsedArguments, _ filter: EventFilter, isSeenElsewhere: Bool
  ) throws(UsageError) {
    if conditions.isEmpty, arguments.has(SelectionOptions.events), filter.types.allSatisfy(\.isAlert) {
      throw UsageError(
        "--events allows only alerts, and there is no --alert", right: "give one, such as --alert hold:2m")
    }
    if !conditions.isEmpty, !isSeenElsewhere, !filter.types.contains(.alertRaised) {
      throw UsageError("--alert has no effect: --events excludes alerts", right: "leave one of them out")
    }
  }
}

extension ValueKind where Value == AlertCondition {
  fileprivate static var alertCondition: ValueKind {
    let examples = AlertCondition.Subject.allCases.map(\.example)
    return ValueKind("CONDITION", completion: .words(examples), write: \.name) { (text, source, _) throws(UsageError) in
      do throws(AlertCondition.Flaw) {
        return try AlertCondition(text)
      } catch {
        throw .invalid(source, text, expected: error.expected)
      }
    }
  }
}

extension AlertCondition.Subject {
  /// How a condition is written, with D for its duration and N for a number of participants.
  fileprivate var form: String { self == .people ? "people:N:D" : "\(rawValue):D" }

  fileprivate var example: String { self == .people ? "people:10:1m" : "\(rawValue):2m" }
}

extension AlertCondition.Flaw {
  fileprivate var expected: String {
    switch self {
    case .unknownSubject(let word):
      let words = AlertCondition.Subject.allCases.map(\.rawValue)
      guard let nearest = NearestName.of(word, among: words) else {
        return words.dropLast().joined(separator: ", ") + " or \(words.last ?? "") before the colon"
      }
      return "a known condition; did you mean \(nearest)?"
    case .incomplete(.people):
      return "a number of participants and a duration, as in \(AlertCondition.Subject.people.example)"
    case .incomplete(let subject): return "a duration after it, as in \(subject.example)"
    case .surplus(let subject): return "nothing after the duration, as in \(subject.example)"
    case .invalidCount:
      let (least, most) = (AlertCondition.counts.lowerBound, AlertCondition.counts.upperBound)
      return "a number of participants from \(least) to \(most), as in \(AlertCondition.Subject.people.example)"
    case .invalidDuration(let subject):
      let durations = AlertCondition.durations
      let (least, most) = (DurationText.format(durations.lowerBound), DurationText.format(durations.upperBound))
      return "a duration from \(least) to \(most), as in \(subject.example)"
    }
  }
}
