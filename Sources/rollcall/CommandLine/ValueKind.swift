import RollcallCore

/// A kind of option value: how its text is read, and what errors, help and completions say about it.
struct ValueKind<Value: Sendable>: Sendable {
  /// The placeholder for the value in help texts.
  let placeholder: String
  /// The accepted values, for help texts; nil if the placeholder says enough.
  let domain: ValueDomain?
  let completion: ValueCompletion
  /// Returns a default as help texts show it.
  let write: @Sendable (Value) -> String
  private let reader: @Sendable (String, SecretOrigin, CommandContext) throws(UsageError) -> Value

  /// - Parameter read: reads a text from a source, or throws what is wrong with it.
  init(
    _ placeholder: String, domain: ValueDomain? = nil, completion: ValueCompletion = .nothing,
    write: @escaping @Sendable (Value) -> String = { "\($0)" },
    read: @escaping @Sendable (String, SecretOrigin, CommandContext) throws(UsageError) -> Value
  ) {
    self.placeholder = placeholder
    self.domain = domain
    self.completion = completion
    self.write = write
    reader = read
  }

  /// - Parameters:
  ///   - expected: what the error says was expected, such as `a duration from 100ms to 1h`.
  ///   - parse: returns nil if the text is not such a value.
  init(
    _ placeholder: String, domain: ValueDomain? = nil, completion: ValueCompletion = .nothing,
    write: @escaping @Sendable (Value) -> String = { "\($0)" }, expected: String,
    parse: @escaping @Sendable (String) -> Value?
  ) {
    self.init(placeholder, domain: domain, completion: completion, write: write) {
      (text, source, _) throws(UsageError) in
      guard let value = parse(text) else { throw .invalid(source, text, expected: expected) }
      return value
    }
  }

  /// Reads a value.
  ///
  /// - Parameter source: the source of the text, for the error.
  func read(
    _ text: String, of source: SecretOrigin, in context: CommandContext = CommandContext()
  ) throws(UsageError) -> Value {
    try reader(text, source, context)
  }
}

/// The accepted values in help texts.
enum ValueDomain: Sendable {
  /// Such as `100ms to 1h`.
  case bounds(String)
  /// The words, or examples.
  case forms(String)
}

/// What a shell can offer for a value.
enum ValueCompletion: Sendable {
  case nothing
  case file
  case words([String])
  case wordsOrFile([String])
}

// MARK: Texts

extension ValueKind where Value == String {
  static func text(_ placeholder: String, completion: ValueCompletion = .nothing) -> ValueKind {
    ValueKind(placeholder, completion: completion) { (text, _, _) in text }
  }

  /// The path of a file.
  static var file: ValueKind { text("FILE", completion: .file) }
}

extension ValueKind where Value == ConferenceSID {
  static var conferenceSID: ValueKind {
    ValueKind("SID", expected: "a conference sid, \(SIDText.form)") { ConferenceSID($0) }
  }
}

extension ValueKind where Value == CallSID {
  static var callSID: ValueKind { ValueKind("SID", expected: "a call sid, \(SIDText.form)") { CallSID($0) } }
}

/// How errors describe sids.
enum SIDText {
  static let form = "1 to 128 of A-Z a-z 0-9 : _ . -"
}

// MARK: Numbers and durations

extension ValueKind where Value: FixedWidthInteger {
  /// A whole number of decimal digits within bounds.
  static func integer(in bounds: ClosedRange<Value>) -> ValueKind {
    let (lower, upper) = (bounds.lowerBound, bounds.upperBound)
    return ValueKind(
      "N", domain: upper <= ValueBounds.greatestShown ? .bounds("\(lower) to \(upper)") : nil,
      expected: "a whole number from \(lower) to \(upper)"
    ) { text in
      guard text.utf8.allSatisfy(\.isASCIIDigit), let number = Value(text),
        bounds.contains(number)
      else { return nil }
      return number
    }
  }
}

extension ValueKind where Value == Duration {
  /// A duration such as `2s` within bounds.
  static func duration(in bounds: ClosedRange<Duration>) -> ValueKind {
    let (lower, upper) = (DurationText.format(bounds.lowerBound), DurationText.format(bounds.upperBound))
    let example = bounds.contains(ValueBounds.usualDuration) ? DurationText.format(ValueBounds.usualDuration) : lower
    return ValueKind(
      "DURATION", domain: .bounds("\(lower) to \(upper)"), write: DurationText.format,
      expected: "a duration from \(lower) to \(upper), such as \(example)"
    ) { text in DurationText.parse(text).flatMap { bounds.contains($0) ? $0 : nil } }
  }
}

private enum ValueBounds {
  /// The greatest upper bound that help texts show; a greater one only reflects how the number is stored.
  static let greatestShown = 1_000_000
  /// The example that errors give if it is within the bounds.
  static let usualDuration: Duration = .seconds(2)
}

extension Duration {
  static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }

  static func hours(_ count: Int64) -> Duration { .seconds(count * 3600) }
}

// MARK: Words

extension ValueKind where Value == Bool {
  /// `true` or `false`.
  static var boolean: ValueKind {
    ValueKind("true|false", completion: .words(["true", "false"]), expected: "true or false") { Bool($0) }
  }
}

extension ValueKind where Value: RawRepresentable<String> & CaseIterable {
  /// One of a few words.
  ///
  /// - Parameters:
  ///   - placeholder: for help texts, which then list the words after the description; nil shows the words instead.
  ///   - isCaseSensitive: whether case counts.
  static func choice(
    of type: Value.Type, _ placeholder: String? = nil, isCaseSensitive: Bool = true
  ) -> ValueKind {
    let words = Value.allCases.map(\.rawValue)
    return ValueKind(
      placeholder ?? words.joined(separator: "|"), domain: placeholder == nil ? nil : .forms(WordList.or(words)),
      completion: .words(words), write: \.rawValue, expected: WordList.or(words)
    ) { Value(rawValue: isCaseSensitive ? $0 : $0.lowercased()) }
  }
}

extension ValueKind {
  /// Some of a few words, separated by commas.
  static func set<Word: RawRepresentable<String> & CaseIterable & Hashable & Sendable>(
    of type: Word.Type, _ placeholder: String
  ) -> ValueKind where Value == Set<Word> {
    let (word, words) = (ValueKind<Word>.choice(of: Word.self), Word.allCases.map(\.rawValue))
    return ValueKind(
      placeholder, domain: .forms(words.joined(separator: ", ")), completion: .words(words)
    ) { (text, source, context) throws(UsageError) in
      var values: Set<Word> = []
      for item in CommaList.items(of: text) { values.insert(try word.read(String(item), of: source, in: context)) }
      return values
    }
  }
}

/// Writes alternatives as a phrase.
enum WordList {
  static func or(_ words: [String]) -> String {
    let first = words.dropLast().joined(separator: ", ")
    return first.isEmpty ? words.last ?? "" : "\(first) or \(words.last ?? "")"
  }
}
