/// The text of a secret, as files and variables hold it.
enum SecretText {
  /// Why bytes hold no secret.
  enum Flaw: Error, Hashable, Sendable {
    case empty
    /// Not UTF-8, or with a control character in it: another line, for one.
    case noLine
    /// A program that knows quotes would have taken them off; a file of variables may be read by one that does not.
    case quoted
    /// As some programs of Windows write text.
    case utf16
  }

  private static let quotes: [(Unicode.Scalar, Unicode.Scalar)] = [
    ("\"", "\""), ("'", "'"), ("\u{201C}", "\u{201D}"), ("\u{2018}", "\u{2019}"),
  ]

  /// The text without a byte order mark and line ends around it.
  static func read(_ bytes: [UInt8]) throws(Flaw) -> String {
    guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else { throw .utf16 }
    let bytes = LineEnds.trimmed(bytes)
    guard !bytes.isEmpty else { throw .empty }
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), let text = String(validating: bytes, as: UTF8.self) else {
      throw .noLine
    }
    guard !isQuoted(text) else { throw .quoted }
    return text
  }

  /// Whether quotes stand around the text, which were not meant to be a part of it.
  static func isQuoted(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    guard scalars.count >= 2, let first = scalars.first, let last = scalars.last else { return false }
    return quotes.contains { $0 == (first, last) }
  }
}

extension UsageError {
  /// Why a file or a variable holds no secret.
  static func unusable(_ source: SecretOrigin, _ flaw: SecretText.Flaw) -> UsageError {
    let content = source.content
    let (problem, right) =
      switch flaw {
      case .empty: ("is empty", "put the \(content) into it")
      case .noLine: ("holds no single line of text", "put the \(content) alone into it")
      case .quoted: ("has quotes around the \(content)", "leave them out")
      case .utf16: ("is UTF-16", "save it as UTF-8")
      }
    return .invalidSecret(source, problem, right: right)
  }

  /// A value with quotes around it that were not meant to be a part of it.
  static func quoted(_ source: SecretOrigin) -> UsageError {
    .invalidSecret(source, "has quotes around it", right: "leave them out")
  }
}
