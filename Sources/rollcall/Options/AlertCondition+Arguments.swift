import RollcallCore

extension AlertCondition {
  private static let example = "hold:2m"

  /// The conditions of `--alert`.
  ///
  /// - Throws: ``UsageError`` for an invalid condition, one that is given twice, too many, or any with `--once`.
  static func all(_ arguments: ParsedArguments) throws(UsageError) -> [AlertCondition] {
    let texts = arguments.all(.alert)
    guard texts.count <= maximumCount else {
      throw UsageError("--alert is given \(texts.count) times", right: "give at most \(maximumCount)")
    }
    var conditions: [AlertCondition] = []
    for text in texts {
      let condition = try AlertCondition(argument: text)
      if let same = conditions.first(where: condition.means) {
        let how = same.name == text ? "is given twice" : "means the same as \(Quotation.of(same.name))"
        throw UsageError("--alert \(Quotation.of(text)) \(how)", right: "give it once")
      }
      conditions.append(condition)
    }
    guard conditions.isEmpty || !arguments.has(.once) else { throw .contradiction(.alert, .once) }
    return conditions
  }

  /// Refuses alerts that nobody would see, and a filter for alerts that are never raised.
  ///
  /// - Parameter isSeenElsewhere: whether more than the selection shows events.
  static func check(
    _ conditions: [AlertCondition], _ arguments: ParsedArguments, _ selection: EventFilter, isSeenElsewhere: Bool
  ) throws(UsageError) {
    let types = selection.types
    if conditions.isEmpty, arguments.has(.events), types.allSatisfy(\.isAlert) {
      throw UsageError("--events lets nothing but alerts through", right: "give a condition too: --alert \(example)")
    }
    if !conditions.isEmpty, !isSeenElsewhere, !types.contains(.alertRaised) {
      throw UsageError("--alert is given, and --events lets no alert through", right: "leave one of them out")
    }
  }

  private init(argument text: String) throws(UsageError) {
    do throws(Flaw) {
      try self.init(text)
    } catch {
      let (problem, right) = Self.words(error)
      throw UsageError("invalid value \(Quotation.of(text)) for --alert: \(problem)", right: right)
    }
  }

  private static func words(_ flaw: Flaw) -> (problem: String, right: String) {
    switch flaw {
    case .unknownSubject(let word):
      let nearest = NearestName.of(word, among: Subject.allCases.map(\.rawValue))
      let right = nearest.map { "the nearest is \($0)" } ?? "give \(Subject.list)"
      return ("unknown condition \(Quotation.of(word))", right)
    case .incomplete(let subject):
      let missing = subject == .people ? "it needs a number of participants and a duration" : "it needs a duration"
      return (missing, "give such as \(subject.example)")
    case .surplus(let subject): return ("nothing may follow the duration", "give such as \(subject.example)")
    case .invalidCount(let text):
      return (
        "expected a number of participants from \(counts.lowerBound) to \(counts.upperBound), not"
          + " \(Quotation.of(text))",
        "give such as \(Subject.people.example)"
      )
    case .invalidDuration(let subject):
      let (least, most) = (DurationText.format(durations.lowerBound), DurationText.format(durations.upperBound))
      return ("expected a duration from \(least) to \(most)", "give such as \(subject.example)")
    }
  }
}

extension AlertCondition.Subject {
  fileprivate static var list: String {
    let words = allCases.map(\.rawValue)
    return words.dropLast().joined(separator: ", ") + " or \(words.last ?? "")"
  }

  fileprivate var example: String { self == .people ? "people:10:1m" : "\(rawValue):2m" }
}
