/// The format and the level of the log.
struct LogOptions: Hashable, Sendable {
  enum Format: String, CaseIterable, Sendable {
    case text
    case json
  }

  enum Amount: Sendable {
    case quiet
    case usual
    case verbose
  }

  static let formatOption = Option(
    "log-format", .choice(of: Format.self), default: .text, help: "the format of log lines")
  static let quiet = Option(flag: "quiet", short: "q", help: "log errors only")
  static let verbose = Option(flag: "verbose", short: "v", help: "log more details")

  static let group = OptionGroup("Logs, on standard error", [formatOption, quiet, verbose])

  let format: Format
  let amount: Amount

  init(format: Format = .text, amount: Amount = .usual) {
    self.format = format
    self.amount = amount
  }

  /// - Throws: ``UsageError`` for an unknown format, or if both less and more output is requested.
  init(_ arguments: ParsedArguments) throws(UsageError) {
    format = try arguments[Self.formatOption]
    switch (try arguments[Self.quiet], try arguments[Self.verbose]) {
    case (true, true): throw .contradiction(Self.quiet, Self.verbose)
    case (true, false): amount = .quiet
    case (false, true): amount = .verbose
    case (false, false): amount = .usual
    }
  }

  /// Reads what it can from invalid arguments, so that their errors are written in the format of the log.
  init(ofUnchecked arguments: [String]) {
    let (option, json) = (Self.formatOption.name.argument, Format.json.rawValue)
    let given = arguments.prefix { $0 != "--" }
    let isJSON = zip(given, given.dropFirst()).contains { $0 == (option, json) } || given.contains("\(option)=\(json)")
    self.init(format: isJSON ? .json : .text)
  }

  func shows(_ level: StandardError.Level) -> Bool {
    switch level {
    case .error: true
    case .warning, .notice: amount != .quiet
    case .detail: amount == .verbose
    }
  }
}
