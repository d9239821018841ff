import RollcallCore

/// An error that the user can correct, in one line.
///
/// Every such line is built here, so that all look alike: what is wrong, then what to do.
struct UsageError: Error, Hashable, Sendable {
  /// `rollcall: <what is wrong>; <what to do>`, or for a value `…: expected <what it must be>`, without a newline and
  /// safe to show on a terminal.
  let line: String
  let exit: ExitStatus

  private static let prefix = "rollcall: "

  /// - Parameters:
  ///   - wrong: what is wrong; texts from the user must be quoted with ``Quotation``.
  ///   - right: what to give instead.
  init(_ wrong: String, right: String, exit: ExitStatus = .usage) {
    line = TerminalText.sanitised("\(Self.prefix)\(wrong); \(right)")
    self.exit = exit
  }

  /// What is wrong and what to do, as a part of another line.
  var message: String { String(line.dropFirst(Self.prefix.count)) }

  private init(line: String, exit: ExitStatus) {
    self.line = TerminalText.sanitised(Self.prefix + line)
    self.exit = exit
  }

  /// Returns the error for an invalid value of an option, a variable or a file.
  ///
  /// - Parameter expected: what it must be, such as `a duration from 100ms to 1h, such as 2s`.
  static func invalid(_ source: SecretOrigin, _ value: String, expected: String) -> UsageError {
    let shown = Quotation.ifHarmless(value).map { " \($0)" } ?? ""
    return UsageError(line: "invalid value\(shown) for \(source.label): expected \(expected)", exit: source.exit)
  }

  /// Returns the error for a malformed operand.
  ///
  /// - Parameter kind: what it must be, such as `conference sid`.
  static func invalid(operand kind: String, _ text: String, expected: String) -> UsageError {
    let shown = Quotation.ifHarmless(text).map { " \($0)" } ?? ""
    return UsageError(line: "invalid \(kind)\(shown): expected \(expected)", exit: .usage)
  }

  /// Returns the error for an unusable file, with its path unless that may be a secret.
  static func unreadable(_ source: SecretOrigin, _ path: String, _ problem: String, right: String) -> UsageError {
    UsageError("\(source.label(of: path)) \(problem)", right: right, exit: source.exit)
  }

  /// Returns the error for two options that exclude each other.
  static func contradiction(_ one: some OptionDeclaration, _ other: some OptionDeclaration) -> UsageError {
    let arguments = (one.spec.name.argument, other.spec.name.argument)
    return UsageError("\(arguments.0) and \(arguments.1) contradict each other", right: "give one of them")
  }

  /// Returns the error for an option's value that may be a secret, and is therefore not repeated.
  static func invalidSecret(_ source: SecretOrigin, _ problem: String, right: String) -> UsageError {
    UsageError("\(source.label) \(problem)", right: right, exit: source.exit)
  }
}

/// How an error repeats what the user typed: quoted, truncated, and not at all if it looks like a secret.
enum Quotation {
  /// The maximum number of repeated Unicode scalars (one character can have many); longer texts end in an ellipsis.
  static let maximumLength = 48

  /// Returns the text in double quotes, or a placeholder if it looks like a URL, a token or a signing key.
  static func of(_ text: String) -> String { ifHarmless(text) ?? "the text given" }

  /// Returns the text in double quotes; nil if it looks like a secret.
  static func ifHarmless(_ text: String) -> String? {
    guard !looksSecret(text) else { return nil }
    let cut = text.unicodeScalars.prefix(maximumLength)
    return cut.endIndex < text.unicodeScalars.endIndex ? "\"\(Substring(cut))…\"" : "\"\(text)\""
  }

  /// The minimum length from which a run of letters and digits may be a token.
  private static let minimumToken = 20

  /// Returns a whole path in double quotes; nil if it may be a secret.
  static func ofPath(_ path: String) -> String? {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard !looksSecret(path), !looksSecret(name), !isToken(name) else { return nil }
    return "\"\(path)\""
  }

  /// Returns whether a name is one run of letters and digits, long enough for a token.
  private static func isToken(_ name: String) -> Bool {
    let isRun = name.utf8.allSatisfy { $0.isASCIILetterOrDigit || "_+=".utf8.contains($0) }
    return name.utf8.count >= minimumToken && isRun && name.utf8.contains(where: \.isASCIIDigit)
  }

  /// Returns whether a text may be a secret: the provider's tokens start with `PT`, signing keys with `whsec_`, and
  /// URLs carry keys in their path or user part.
  private static func looksSecret(_ text: String) -> Bool {
    text.hasPrefix("PT") || text.contains(bytesOf: "whsec_") || text.contains(bytesOf: "://")
      || text.contains(bytesOf: "@")
  }
}
