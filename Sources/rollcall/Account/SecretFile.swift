import RollcallCore
import RollcallKit

/// Reads a small file that holds one secret.
struct SecretFile: Sendable {
  /// The maximum size of such a file, in bytes.
  static let maximumBytes = 64 << 10

  let secret: Secret
  /// A warning about the file, without the secret or the path.
  let warning: String?

  /// - Parameters:
  ///   - path: a regular file, a link to one, or a pipe where these are accepted.
  ///   - option: the option that named it.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  init(path: String, option: OptionName, pipes: NamedFile.Pipes) throws(UsageError) {
    try self.init(path: path, from: .file(option), pipes: pipes)
  }

  /// - Parameters:
  ///   - path: a regular file, a link to one, or a pipe where these are accepted.
  ///   - source: what named it.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  init(path: String, from source: SecretOrigin, pipes: NamedFile.Pipes) throws(UsageError) {
    let file = try PrivateFile(path: path, from: source, maximum: Self.maximumBytes, pipes: pipes)
    do throws(SecretText.Flaw) {
      secret = Secret(try SecretText.read(file.bytes))
    } catch {
      throw .unusable(source, error)
    }
    warning = file.warning
  }
}

/// Reads a file that only its owner may change, up to a bound.
struct PrivateFile: Sendable {
  let bytes: [UInt8]
  /// A warning about the file, without its contents or its path.
  let warning: String?

  /// - Parameters:
  ///   - path: a regular file, a link to one, or a pipe where these are accepted.
  ///   - source: what named it. Errors also repeat the path, unless it looks like a secret.
  ///   - maximum: the maximum size, in bytes.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  init(path: String, from source: SecretOrigin, maximum: Int, pipes: NamedFile.Pipes) throws(UsageError) {
    guard !path.contains(bytesOf: "://") else {
      let right = source.content == "URL" ? "give the name of a file that contains it" : "give the name of a file"
      throw .invalidSecret(source, "is a URL", right: right)
    }
    let file: NamedFile
    do throws(NamedFileFailure) {
      file = try NamedFile(path, maximum: maximum, pipes: pipes)
    } catch {
      throw .unreadable(source, path, error.problem, right: error.remedy)
    }
    guard !file.isWritableByOthers else {
      throw .invalidSecret(source, "can be written by other users", right: "make it yours alone with chmod 600")
    }
    bytes = file.bytes
    warning =
      file.isReadableByOthers
      ? "\(source.label) can be read by other users; make it yours alone with chmod 600" : nil
  }
}

/// The source of a value that must not be shown; errors name only the source.
enum SecretOrigin: Hashable, Sendable {
  case option(OptionName)
  case file(OptionName)
  case environment(EnvironmentVariable)
  /// A value in the targets file.
  case target(TargetPlace)
  /// A file that such a value names.
  case targetFile(TargetPlace)

  var label: String {
    switch self {
    case .option(let name): name.argument
    case .file(let name): "the file of \(name.argument)"
    case .environment(let variable): variable.rawValue
    case .target(let place): place.label
    case .targetFile(let place): "the file of \(place.label)"
    }
  }

  /// The label of a file together with its path.
  func label(of path: String) -> String {
    Quotation.ofPath(SystemPath.visible(path)).map { "\(label), \($0)," } ?? label
  }

  /// The exit status of an error: for usage if an argument is wrong, for configuration if a file or variable is.
  var exit: ExitStatus {
    switch self {
    case .option: .usage
    case .file, .environment, .target, .targetFile: .configuration
    }
  }

  /// What a file from this source must contain.
  var content: String {
    switch self {
    case .file(let name) where name == WebhookOptions.webhookFile.name: "URL"
    case .targetFile(let place) where place.key == TargetKey.urlFile.rawValue: "URL"
    case .option, .file, .environment, .target, .targetFile: "secret"
    }
  }

  /// How to add a header to a webhook from this source.
  var headerAdvice: String {
    switch self {
    case .option, .file, .environment: "give --webhook-header 'Authorization: …' instead"
    case .target, .targetFile: "give headers with an Authorization instead"
    }
  }

  /// How to write a header of a webhook from this source.
  var headerForm: String {
    switch self {
    case .option, .file, .environment: "give 'Name: value'"
    case .target, .targetFile: #"give {"Name": "value"}"#
    }
  }
}

/// The text of a secret in a file or a variable.
enum SecretText {
  /// Why bytes are not a valid secret.
  enum Flaw: Error, Hashable, Sendable {
    case empty
    /// The bytes are not UTF-8, or contain a control character, such as a line break.
    case noLine
    /// The text is in quotes, which some readers of variable files do not remove.
    case quoted
    /// The bytes are UTF-16, which some programs on Windows write.
    case utf16
  }

  private static let quotes: [(Unicode.Scalar, Unicode.Scalar)] = [
    ("\"", "\""), ("'", "'"), ("\u{201C}", "\u{201D}"), ("\u{2018}", "\u{2019}"),
  ]

  /// Returns the text without a byte order mark and surrounding line ends.
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

  /// Returns whether the text is in quotes, which are not meant to be a part of it.
  static func isQuoted(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    guard scalars.count >= 2, let first = scalars.first, let last = scalars.last else { return false }
    return quotes.contains { $0 == (first, last) }
  }
}

extension UsageError {
  /// Returns the error for a file or a variable without a valid secret.
  static func unusable(_ source: SecretOrigin, _ flaw: SecretText.Flaw) -> UsageError {
    let content = source.content
    let (problem, right) =
      switch flaw {
      case .empty: ("is empty", "put the \(content) into it")
      case .noLine: ("is not a single line of text", "put the \(content) alone into it")
      case .quoted: ("has quotes around the \(content)", "leave them out")
      case .utf16: ("is UTF-16", "save it as UTF-8")
      }
    return .invalidSecret(source, problem, right: right)
  }

  /// Returns the error for a value in quotes that are not meant to be a part of it.
  static func quoted(_ source: SecretOrigin) -> UsageError {
    .invalidSecret(source, "has quotes around it", right: "leave them out")
  }
}

/// Hides the secrets among the arguments from other users of the machine.
enum CommandLineSecrets {
  private static let options: [OptionName] = [
    WebhookOptions.webhook.name, WebhookOptions.header.name, SimulateCommand.statusCallback.name,
  ]
  private static let cover = CChar(bitPattern: UInt8(ascii: "*"))

  /// Overwrites the values of `--webhook`, `--webhook-header` and `--status-callback` that the system shows (`ps`,
  /// `/proc`). Call it after they have been read, while there is only one thread.
  static func cover(in arguments: [String] = ProcessArguments.all) {
    for (index, skipped) in values(in: arguments) { ProcessArguments.overwrite(index, after: skipped, with: cover) }
  }

  /// Returns the arguments with such a value, and the number of bytes before it in each.
  static func values(in arguments: [String]) -> [(index: Int, skipped: Int)] {
    var found: [(index: Int, skipped: Int)] = []
    for (index, argument) in arguments.enumerated().dropFirst() {
      if argument == "--" { break }
      for option in options {
        if argument == option.argument, index + 1 < arguments.count {
          found.append((index + 1, 0))
        } else if argument.hasPrefix(option.argument + "=") {
          found.append((index, option.argument.utf8.count + 1))
        }
      }
    }
    return found
  }
}
