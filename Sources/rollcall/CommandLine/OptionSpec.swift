/// One option of a command. The parser and the help text read the same table of these.
struct OptionSpec: Sendable {
  let name: OptionName
  /// The letter after a single hyphen, if it has one.
  let short: Character?
  /// What stands for the value in the help text; nil for a flag.
  let placeholder: String?
  let isRepeatable: Bool
  let help: String

  /// An option that takes no value.
  static func flag(_ name: OptionName, short: Character? = nil, _ help: String) -> OptionSpec {
    OptionSpec(name: name, short: short, placeholder: nil, isRepeatable: false, help: help)
  }

  /// An option that takes one value, or with `repeatable` one each time that it is given.
  static func value(
    _ name: OptionName, short: Character? = nil, _ placeholder: String, repeatable: Bool = false, _ help: String
  ) -> OptionSpec {
    OptionSpec(name: name, short: short, placeholder: placeholder, isRepeatable: repeatable, help: help)
  }

  /// How it is given, such as `-q, --quiet` or `--interval DURATION`.
  var usage: String {
    let short = short.map { "-\($0), " } ?? ""
    let value = placeholder.map { " \($0)" } ?? ""
    return "\(short)\(name.argument)\(value)"
  }
}

/// Options that belong together in the help text.
struct OptionGroup: Sendable {
  let title: String
  let options: [OptionSpec]
}
