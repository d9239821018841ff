import RollcallCore

/// The arguments of a command after its table was applied: known options, each as often as it may be given.
struct ParsedArguments: Sendable {
  let operands: [String]
  private let values: [OptionName: [String]]

  init(operands: [String], values: [OptionName: [String]]) {
    self.operands = operands
    self.values = values
  }

  /// Whether the option was given.
  func has(_ name: OptionName) -> Bool { values[name] != nil }

  /// All values of a repeatable option, in order.
  func all(_ name: OptionName) -> [String] { values[name] ?? [] }

  /// The value of an option that is given once.
  func text(_ name: OptionName) -> String? { values[name]?.first }

  /// A whole number of decimal digits within bounds.
  func integer<Number: FixedWidthInteger>(
    _ name: OptionName, in bounds: ClosedRange<Number>
  ) throws(UsageError) -> Number? {
    guard let text = text(name) else { return nil }
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Number(text), bounds.contains(number)
    else {
      throw .invalid(
        name, text, right: "give a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return number
  }

  /// A duration such as `2s` within bounds.
  func duration(_ name: OptionName, in bounds: ClosedRange<Duration>) throws(UsageError) -> Duration? {
    guard let text = text(name) else { return nil }
    return try Self.duration(text, of: .option(name), in: bounds)
  }

  /// What errors give as an example, where that is within the bounds.
  private static let usualDuration: Duration = .seconds(2)

  /// Reads a duration such as `2s` within bounds.
  static func duration(
    _ text: String, of source: SecretOrigin, in bounds: ClosedRange<Duration>
  ) throws(UsageError) -> Duration {
    guard let duration = DurationText.parse(text), bounds.contains(duration) else {
      let lower = DurationText.format(bounds.lowerBound)
      let upper = DurationText.format(bounds.upperBound)
      let example = bounds.contains(usualDuration) ? DurationText.format(usualDuration) : lower
      throw .invalid(source, text, right: "give a duration from \(lower) to \(upper), such as \(example)")
    }
    return duration
  }

  /// `true` or `false`.
  func boolean(_ name: OptionName) throws(UsageError) -> Bool? {
    guard let text = text(name) else { return nil }
    switch text {
    case "true": return true
    case "false": return false
    default: throw .invalid(name, text, right: "give true or false")
    }
  }

  /// One of a few words.
  func choice<Choice>(_ name: OptionName, of type: Choice.Type) throws(UsageError) -> Choice?
  where Choice: RawRepresentable<String> & CaseIterable {
    guard let text = text(name) else { return nil }
    return try Self.choice(text, of: .option(name))
  }

  /// Reads one of a few words.
  static func choice<Choice>(_ text: String, of source: SecretOrigin) throws(UsageError) -> Choice
  where Choice: RawRepresentable<String> & CaseIterable {
    guard let choice = Choice(rawValue: text) else {
      let names = Choice.allCases.map(\.rawValue)
      let first = names.dropLast().joined(separator: ", ")
      throw .invalid(source, text, right: "give " + [first, names.last ?? ""].joined(separator: " or "))
    }
    return choice
  }
}
