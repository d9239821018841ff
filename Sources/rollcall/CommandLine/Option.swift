/// One option: its name, its value's kind, its help, and how its value is read.
///
/// The parser, errors, help texts, the man page and completions are all derived from this value. A command lists it in
/// its ``CommandSpec``, and reads its value from ``ParsedArguments``.
struct Option<Value: Sendable>: OptionDeclaration {
  let spec: OptionSpec
  private let read: @Sendable ([String], CommandContext) throws(UsageError) -> Value

  var name: OptionName { spec.name }

  private init(
    _ spec: OptionSpec, read: @escaping @Sendable ([String], CommandContext) throws(UsageError) -> Value
  ) {
    self.spec = spec
    self.read = read
  }

  /// Creates an option without a value.
  init(flag name: String, short: Character? = nil, help: String) where Value == Bool {
    let spec = OptionSpec(name: OptionName(name), short: short, placeholder: nil, help: help)
    self.init(spec) { (texts, _) in !texts.isEmpty }
  }

  /// Creates an option with a default value.
  init(_ name: String, short: Character? = nil, _ kind: ValueKind<Value>, default value: Value, help: String) {
    let text = OptionHelp.text(help, kind.domain, default: "default \(kind.write(value))")
    let spec = OptionSpec(name: OptionName(name), short: short, kind, help: text)
    self.init(spec) { (texts, context) throws(UsageError) in
      try texts.first.map { text throws(UsageError) in try kind.read(text, of: .option(spec.name), in: context) }
        ?? value
    }
  }

  /// Creates an option whose value is nil if it is not given.
  ///
  /// - Parameter fallback: what applies then, for the help text.
  init<Element>(
    _ name: String, short: Character? = nil, _ kind: ValueKind<Element>, fallback: String? = nil, help: String
  ) where Value == Element? {
    let text = OptionHelp.text(help, kind.domain, default: fallback.map { "default: \($0)" })
    let spec = OptionSpec(name: OptionName(name), short: short, kind, help: text)
    self.init(spec) { (texts, context) throws(UsageError) in
      try texts.first.map { text throws(UsageError) in try kind.read(text, of: .option(spec.name), in: context) }
    }
  }

  /// Creates an option that may be given several times.
  ///
  /// - Parameters:
  ///   - maximum: the maximum number of values.
  ///   - fallback: what applies if it is not given, for the help text.
  init<Element>(
    repeated name: String, _ kind: ValueKind<Element>, atMost maximum: Int = .max, fallback: String? = nil, help: String
  ) where Value == [Element] {
    let note = fallback.map { "default: \($0)" }
    let text = OptionHelp.text(help, kind.domain, default: note)
    var spec = OptionSpec(name: OptionName(name), short: nil, kind, help: text)
    spec.repeatedHelp = OptionHelp.text("\(help); repeatable", kind.domain, default: note)
    self.init(spec) { [name = spec.name] (texts, context) throws(UsageError) in
      guard texts.count <= maximum else {
        throw UsageError("\(name.argument) is given \(texts.count) times", right: "give at most \(maximum)")
      }
      var values: [Element] = []
      for text in texts { values.append(try kind.read(text, of: .option(name), in: context)) }
      return values
    }
  }

  /// Reads the value.
  ///
  /// - Parameter texts: the given texts in order; an empty text for each time a flag is given.
  /// - Throws: ``UsageError`` that says what was expected.
  func value(of texts: [String], in context: CommandContext) throws(UsageError) -> Value { try read(texts, context) }
}

/// Composes the help text of an option.
private enum OptionHelp {
  static func text(_ description: String, _ domain: ValueDomain?, default note: String?) -> String {
    let (forms, bounds): (String, String?) =
      switch domain {
      case .forms(let forms): (": \(forms)", nil)
      case .bounds(let bounds): ("", bounds)
      case nil: ("", nil)
      }
    let notes = [bounds, note].compactMap(\.self)
    return description + forms + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
  }
}

/// The name of an option, which is typed after `--`.
struct OptionName: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  /// The option as typed, such as `--page-size`.
  var argument: String { "--\(text)" }
}

/// The declaration of an option, independent of its value's type.
protocol OptionDeclaration: Sendable {
  var spec: OptionSpec { get }
}

/// The part of an option that the parser, help, the man page and completions read.
struct OptionSpec: OptionDeclaration {
  let name: OptionName
  /// The letter after a single hyphen, if it has one.
  let short: Character?
  /// The placeholder for the value in the help text; nil for a flag.
  let placeholder: String?
  /// What a shell can offer for the value.
  let completion: ValueCompletion
  private let singleHelp: String
  /// The help text of an option that may be given several times; nil for one that may be given once.
  fileprivate var repeatedHelp: String?

  /// - Parameter help: the complete help text.
  init(
    name: OptionName, short: Character?, placeholder: String?, completion: ValueCompletion = .nothing, help: String
  ) {
    self.name = name
    self.short = short
    self.placeholder = placeholder
    self.completion = completion
    singleHelp = help
  }

  fileprivate init(name: OptionName, short: Character?, _ kind: ValueKind<some Sendable>, help: String) {
    self.init(name: name, short: short, placeholder: kind.placeholder, completion: kind.completion, help: help)
  }

  /// The help text, with the bounds and the default.
  var help: String { repeatedHelp ?? singleHelp }

  var isRepeatable: Bool { repeatedHelp != nil }

  /// The same option for a command that accepts it only once.
  var once: OptionSpec {
    var spec = self
    spec.repeatedHelp = nil
    return spec
  }

  var spec: OptionSpec { self }

  /// The option with its placeholder, such as `-q, --quiet` or `--interval DURATION`.
  var usage: String {
    let short = short.map { "-\($0), " } ?? ""
    let value = placeholder.map { " \($0)" } ?? ""
    return "\(short)\(name.argument)\(value)"
  }
}

/// Options under one title of the help text.
struct OptionGroup: Sendable {
  let title: String
  let options: [OptionSpec]

  init(_ title: String, _ options: [any OptionDeclaration]) {
    self.title = title
    self.options = options.map(\.spec)
  }
}
