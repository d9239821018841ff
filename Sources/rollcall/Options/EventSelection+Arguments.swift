import RollcallCore

extension EventFilter {
  /// Calls that one selection names.
  static let maximumCalls = 256

  /// - Parameter option: the one that chooses types.
  /// - Throws: ``UsageError`` for a glob, a sid or a field that is none, or where all of them together let nothing through.
  init(_ arguments: ParsedArguments, types option: OptionName) throws(UsageError) {
    var types: Set<EventType>?
    if let text = arguments.text(option) { types = try EventTypePattern(argument: text, of: .option(option)).types }
    let texts = arguments.all(.call)
    guard texts.count <= Self.maximumCalls else {
      throw UsageError("--call is given \(texts.count) times", right: "give at most \(Self.maximumCalls)")
    }
    var calls: Set<CallSID> = []
    for text in texts { calls.insert(try CallSID(argument: text, of: .option(.call))) }
    var fields: Set<TrackedField>?
    if let text = arguments.text(.onlyChangesOf) { fields = try TrackedField.list(text, of: .option(.onlyChangesOf)) }
    guard let selection = EventFilter(someOf: types, calls: calls.isEmpty ? nil : calls, fields: fields) else {
      throw UsageError(
        "\(option.argument) and \(OptionName.onlyChangesOf.argument) together let no event through", right: Self.advice)
    }
    self = selection
  }

  /// nil where it would let nothing through.
  private init?(someOf types: Set<EventType>?, calls: Set<CallSID>?, fields: Set<TrackedField>?) {
    self.init(types: types ?? Set(EventType.allCases), calls: calls, fields: fields)
    if self.types.isEmpty { return nil }
  }

  private static let advice = "leave one of them out"
}

extension CallSID {
  /// - Throws: ``UsageError`` where the text is no sid.
  init(argument text: String, of source: SecretOrigin) throws(UsageError) {
    guard let sid = CallSID(text) else {
      throw UsageError(
        "\(source.naming(text)) is no call sid", right: "give 1 to 128 of A-Z a-z 0-9 : _ . -", exit: source.exit)
    }
    self = sid
  }
}

extension TrackedField {
  /// - Parameter text: names with commas between them.
  /// - Throws: ``UsageError`` where one of them is no field.
  fileprivate static func list(_ text: String, of source: SecretOrigin) throws(UsageError) -> Set<TrackedField> {
    var fields: Set<TrackedField> = []
    for item in CommaList.items(of: text) { fields.insert(try ParsedArguments.choice(String(item), of: source)) }
    return fields
  }
}

// MARK: The file of targets

extension EventFilter {
  /// Globs of one webhook.
  static let maximumGlobs = 64

  /// What an entry of the file of `--targets` says.
  ///
  /// - Returns: nil where it says nothing of events.
  /// - Throws: ``UsageError`` that names the target and the key.
  init?(_ entry: TargetEntry) throws(UsageError) {
    guard entry[.events] != nil || entry[.calls] != nil || entry[.onlyChangesOf] != nil else { return nil }
    let fields = try Self.fields(entry[.onlyChangesOf])
    guard
      let selection = EventFilter(
        someOf: try Self.types(entry[.events]), calls: try Self.calls(entry[.calls]), fields: fields)
    else {
      let keys = "\(TargetKey.events.rawValue) and \(TargetKey.onlyChangesOf.rawValue)"
      throw .invalidSecret(
        .target(TargetPlace(entry.place.target, key: keys)), "together let no event through", right: Self.advice)
    }
    self = selection
  }

  private static func types(_ value: TargetValue?) throws(UsageError) -> Set<EventType>? {
    guard let value else { return nil }
    var globs: [String] = []
    let example = #"an array of globs such as ["participant.*"]"#
    for element in try value.elements(atMost: maximumGlobs, like: example) {
      globs.append(try element.text(like: "a glob such as \"participant.*\""))
    }
    return try EventTypePattern(argument: globs.joined(separator: ","), of: value.source).types
  }

  private static func calls(_ value: TargetValue?) throws(UsageError) -> Set<CallSID>? {
    guard let value else { return nil }
    var calls: Set<CallSID> = []
    for element in try value.elements(atMost: maximumCalls, like: "an array of call sids") {
      calls.insert(try CallSID(argument: element.text(like: "a call sid"), of: element.source))
    }
    return calls
  }

  private static func fields(_ value: TargetValue?) throws(UsageError) -> Set<TrackedField>? {
    guard let value else { return nil }
    var fields: Set<TrackedField> = []
    let example = #"an array of fields such as ["hold", "coaching"]"#
    for element in try value.elements(atMost: TrackedField.allCases.count, like: example) {
      fields.insert(try ParsedArguments.choice(element.text(like: "a field such as \"hold\""), of: element.source))
    }
    return fields
  }
}
