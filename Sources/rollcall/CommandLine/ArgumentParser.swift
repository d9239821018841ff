/// Applies a command's options to its arguments: `--name value`, `--name=value`, `-q`, and `--` before operands.
struct ArgumentParser {
  private let spec: CommandSpec
  private var rest: ArraySlice<String>
  private var operands: [String] = []
  private var values: [OptionName: [String]] = [:]

  private init(_ arguments: ArraySlice<String>, spec: CommandSpec) {
    self.spec = spec
    rest = arguments
  }

  /// - Parameter arguments: the arguments after the command's name.
  /// - Throws: ``UsageError`` for an unknown option, an invalid use of one, and for operands of a command that takes
  ///   none.
  static func parse(
    _ arguments: ArraySlice<String>, of spec: CommandSpec, in context: CommandContext
  ) throws(UsageError) -> ParsedArguments {
    var parser = ArgumentParser(arguments, spec: spec)
    try parser.run()
    if case .nothing = spec.operands, !parser.operands.isEmpty {
      throw UsageError(
        "\(spec.name) does not take \(Quotation.of(parser.operands[0]))",
        right: spec.option(named: "conference") == nil
          ? "rollcall help \(spec.name) shows what it takes" : "give --conference SID or --state FILE")
    }
    return ParsedArguments(operands: parser.operands, values: parser.values, context)
  }

  /// Returns whether the arguments ask for help, which takes precedence over any mistake in them.
  static func asksForHelp(_ arguments: ArraySlice<String>) -> Bool {
    arguments.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
  }

  private mutating func run() throws(UsageError) {
    while let argument = rest.popFirst() {
      if argument == "--" {
        operands += rest
        return
      } else if argument.hasPrefix("--") {
        try takeLong(argument.dropFirst(2))
      } else if argument.hasPrefix("-"), argument != "-" {
        try takeShort(argument)
      } else {
        operands.append(argument)
      }
    }
  }

  private mutating func takeLong(_ argument: Substring) throws(UsageError) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.first.map(String.init) ?? ""
    let inline = parts.count == 2 ? String(parts[1]) : nil
    try refuseSecret(name)
    guard let option = spec.option(named: name) else { throw unknown("--\(name)") }
    guard inline == nil || option.placeholder != nil else {
      throw UsageError("\(option.name.argument) takes no value", right: "give \(option.name.argument) alone")
    }
    try take(option, inline)
  }

  /// Takes an option and its value, if it has one, from the same argument or the next one.
  private mutating func take(_ option: OptionSpec, _ inline: String?) throws(UsageError) {
    guard let placeholder = option.placeholder else { return try add("", to: option) }
    let value = inline ?? takeValue()
    guard let value, !value.isEmpty else {
      throw UsageError("\(option.name.argument) needs a value", right: "give \(option.name.argument) \(placeholder)")
    }
    try add(value, to: option)
  }

  /// Takes the next argument as a value unless it looks like an option: in `--interval --once`, the value is missing.
  private mutating func takeValue() -> String? {
    guard let next = rest.first, !next.hasPrefix("--"), !isShortOption(next) else { return nil }
    return rest.popFirst()
  }

  private func isShortOption(_ argument: String) -> Bool {
    guard argument.count == 2, argument.hasPrefix("-"), let letter = argument.last else { return false }
    return spec.option(short: letter) != nil
  }

  private mutating func takeShort(_ argument: String) throws(UsageError) {
    guard argument.count == 2, let letter = argument.last, let option = spec.option(short: letter) else {
      let name = String(argument.dropFirst().prefix { $0 != "=" })
      try refuseSecret(name)
      if name.count == 1, let letter = name.first, let known = spec.option(short: letter)?.placeholder {
        throw UsageError("the value of -\(name) is an argument of its own", right: "give -\(name) \(known)")
      }
      throw unknown("-\(name)")
    }
    try take(option, nil)
  }

  private mutating func add(_ value: String, to option: OptionSpec) throws(UsageError) {
    guard option.isRepeatable || values[option.name] == nil else {
      throw UsageError("\(option.name.argument) is given twice", right: "give it once")
    }
    values[option.name, default: []].append(value)
  }

  private func unknown(_ argument: String) -> UsageError {
    // Leading dashes are ignored when comparing names.
    let typed = String(argument.drop { $0 == "-" })
    let names = spec.options.map(\.name.text)
    let right: String? =
      switch typed {
      // The nearest name, --names, is a file about people.
      case "name": "rollcall conferences --name NAME shows the sids of conferences"
      case "o" where !names.contains("output"): "redirect its standard output: > FILE"
      case "duration" where names.contains("for"): "did you mean --for?"
      default: nil
      }
    let nearest = NearestName.of(typed, among: names).map { "did you mean --\($0)?" }
    return UsageError(
      "\(spec.name) has no option \(Quotation.of(argument))",
      right: right ?? nearest ?? "rollcall help \(spec.name) shows all")
  }

  /// Rejects names that suggest a secret. No option takes one, because every user of the machine can read arguments.
  private func refuseSecret(_ name: String) throws(UsageError) {
    let right: String
    switch name.lowercased().filter({ $0 != "-" && $0 != "_" }) {
    case "token", "apitoken", "authtoken", "apikey", "password", "signalwireapitoken", "twilioauthtoken",
      "telnyxapikey":
      right = "set SIGNALWIRE_API_TOKEN or give --token-file FILE"
    case "webhooksecret", "secret", "rollcallwebhooksecret":
      right = "set ROLLCALL_WEBHOOK_SECRET or give --webhook-secret-file FILE"
    case "webhookhubsecret", "hubsecret":
      right = "give --webhook-hub-secret-file FILE"
    default:
      return
    }
    throw UsageError("a secret in an argument can be read by every user of this machine", right: right)
  }
}

/// The parsed arguments of a command: only known options, each within its maximum count.
struct ParsedArguments: Sendable {
  let operands: [String]
  private let values: [OptionName: [String]]
  private let context: CommandContext

  init(operands: [String], values: [OptionName: [String]], _ context: CommandContext) {
    self.operands = operands
    self.values = values
    self.context = context
  }

  /// Returns the value of an option, read by its declaration.
  subscript<Value>(option: Option<Value>) -> Value {
    get throws(UsageError) { try option.value(of: values[option.name] ?? [], in: context) }
  }

  /// Returns whether the option was given.
  func has(_ option: some OptionDeclaration) -> Bool { values[option.spec.name] != nil }

  /// Returns the first of some options that was given.
  func first(of options: [any OptionDeclaration]) -> OptionName? {
    options.map(\.spec.name).first { values[$0] != nil }
  }
}
