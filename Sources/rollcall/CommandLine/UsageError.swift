import RollcallCore

/// Something that the user can put right, in one line.
///
/// Every such line of the program is built here, so that all of them look alike: what is wrong, then what would be right.
struct UsageError: Error, Hashable, Sendable {
  /// `rollcall: <what is wrong>; <what would be right>`, or for a value `…: expected <what would be right>`, without a newline and safe to show on a terminal.
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

  private init(line: String, exit: ExitStatus) {
    self.line = TerminalText.sanitised(Self.prefix + line)
    self.exit = exit
  }

  /// A value that an option, a variable or a file must not have.
  ///
  /// - Parameter expected: what it must be, such as `a duration from 100ms to 1h, such as 2s`.
  static func invalid(_ source: SecretOrigin, _ value: String, expected: String) -> UsageError {
    let shown = Quotation.ifHarmless(value).map { " \($0)" } ?? ""
    return UsageError(line: "invalid value\(shown) for \(source.label): expected \(expected)", exit: source.exit)
  }

  /// An operand that is malformed.
  ///
  /// - Parameter kind: what it must be, such as `conference sid`.
  static func invalid(operand kind: String, _ text: String, expected: String) -> UsageError {
    let shown = Quotation.ifHarmless(text).map { " \($0)" } ?? ""
    return UsageError(line: "invalid \(kind)\(shown): expected \(expected)", exit: .usage)
  }

  /// A file that cannot be used, with its path unless a secret may be in its place.
  static func unreadable(_ source: SecretOrigin, _ path: String, _ problem: String, right: String) -> UsageError {
    UsageError("\(source.label(of: path)) \(problem)", right: right, exit: source.exit)
  }

  /// Two options of which only one can take effect.
  static func contradiction(_ one: some OptionDeclaration, _ other: some OptionDeclaration) -> UsageError {
    let arguments = (one.spec.name.argument, other.spec.name.argument)
    return UsageError("\(arguments.0) and \(arguments.1) contradict each other", right: "give one of them")
  }

  /// The value of an option that may hold a secret, and is therefore not repeated.
  static func invalidSecret(_ source: SecretOrigin, _ problem: String, right: String) -> UsageError {
    UsageError("\(source.label) \(problem)", right: right, exit: source.exit)
  }
}

/// How an error repeats what the user typed: quoted, cut, and not at all where it looks like a secret.
enum Quotation {
  /// Unicode scalars that are repeated, as many marks can stand on one character; longer texts end in an ellipsis.
  static let maximumLength = 48

  /// The text in double quotes. A webhook's URL, a token or a signing key that landed in the wrong place is left out.
  static func of(_ text: String) -> String { ifHarmless(text) ?? "the text given" }

  /// The same; nil where it looks like a secret.
  static func ifHarmless(_ text: String) -> String? {
    guard !looksSecret(text) else { return nil }
    let cut = text.unicodeScalars.prefix(maximumLength)
    return cut.endIndex < text.unicodeScalars.endIndex ? "\"\(Substring(cut))…\"" : "\"\(text)\""
  }

  /// Characters of a secret at least, where it is a run of letters and digits such as tokens are.
  private static let minimumToken = 20

  /// A path in double quotes, whole however long; nil where a secret may have been given in its place.
  static func ofPath(_ path: String) -> String? {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard !looksSecret(path), !looksSecret(name), !isToken(name) else { return nil }
    return "\"\(path)\""
  }

  /// Letters with digits among them, and nothing between.
  private static func isToken(_ name: String) -> Bool {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let isRun = name.utf8.allSatisfy { byte in
      digits.contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "=")
    }
    return name.utf8.count >= minimumToken && isRun && name.utf8.contains(where: digits.contains)
  }

  /// The provider's tokens start with `PT`, signing keys with `whsec_`; URLs carry keys in their path or user part.
  private static func looksSecret(_ text: String) -> Bool {
    text.hasPrefix("PT") || text.contains(bytesOf: "whsec_") || text.contains(bytesOf: "://")
      || text.contains(bytesOf: "@")
  }
}
