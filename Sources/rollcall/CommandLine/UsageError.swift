/// Something that the user can put right, told in one line.
///
/// Every such line of the program is built here, so that all of them look alike: what is wrong, then what would be right.
struct UsageError: Error, Hashable, Sendable {
  /// `rollcall: <what is wrong>; <what would be right>`, without a newline and safe to show on a terminal.
  let line: String
  let exit: ExitStatus

  private static let prefix = "rollcall: "

  /// - Parameters:
  ///   - wrong: what is wrong; texts that the user gave go through ``Quotation``.
  ///   - right: what to give instead.
  init(_ wrong: String, right: String, exit: ExitStatus = .usage) {
    line = TerminalText.sanitised("\(Self.prefix)\(wrong); \(right)")
    self.exit = exit
  }

  /// What is wrong and what would be right, as a part of another line.
  var message: String { String(line.dropFirst(Self.prefix.count)) }

  /// The value of an option that is not one of its values.
  static func invalid(_ option: OptionName, _ value: String, right: String) -> UsageError {
    .invalid(.option(option), value, right: right)
  }

  /// The same for a value from anywhere.
  static func invalid(_ source: SecretOrigin, _ value: String, right: String) -> UsageError {
    UsageError("\(Quotation.of(value)) is no value for \(source.label)", right: right, exit: source.exit)
  }

  /// A file that cannot be used, with its path unless a secret may be in its place.
  static func unreadable(_ source: SecretOrigin, _ path: String, _ problem: String, right: String) -> UsageError {
    UsageError("\(source.label(of: path)) \(problem)", right: right, exit: source.exit)
  }

  /// Two options of which only one can take effect.
  static func contradiction(_ one: OptionName, _ other: OptionName) -> UsageError {
    UsageError("\(one.argument) and \(other.argument) contradict each other", right: "give one of them")
  }

  /// The value of an option that may hold a secret, and is therefore not repeated.
  static func invalidSecret(_ source: SecretOrigin, _ problem: String, right: String) -> UsageError {
    UsageError("\(source.label) \(problem)", right: right, exit: source.exit)
  }
}
