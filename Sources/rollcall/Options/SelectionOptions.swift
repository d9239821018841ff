import RollcallCore

/// The options that select events.
enum SelectionOptions {
  static let events = Option(
    "events", .eventTypes, fallback: "all", help: "only events of these types, such as \(EventTypePattern.example)")
  static let type = Option(
    "type", .eventTypes, fallback: "all", help: "only events of these types, such as \(EventTypePattern.example)")
  static let call = Option(
    repeated: "call", .wantedCall, atMost: EventFilter.maximumCalls,
    help: "limit participant events to those of this call, by its sid or an address such as +12025550101, and to others"
      + " coaching that sid")
  static let onlyChangesOf = Option(
    "only-changes-of", .set(of: TrackedField.self, "FIELD,…"),
    help: "limit participant events to changes of these fields")
}

extension ValueKind where Value == EventTypePattern {
  /// Comma-separated globs of event types.
  static var eventTypes: ValueKind {
    ValueKind("GLOB,…", completion: .words(EventTypePattern.typeNames)) { (text, source, _) throws(UsageError) in
      try EventTypePattern(argument: text, of: source)
    }
  }
}

/// The calls that one value of `--call` selects.
enum WantedCall: Hashable, Sendable {
  case sid(CallSID)
  /// All calls from or to an address.
  case address(String)
}

extension ValueKind where Value == WantedCall {
  static var wantedCall: ValueKind {
    ValueKind("WHO", expected: "a call sid or an address such as +12025550101") { text in
      if CallAddress.isMeant(by: text) { return CallAddress.isValid(text) ? .address(text) : nil }
      return CallAddress.isNumberWithoutPlus(text) ? nil : CallSID(text).map(WantedCall.sid)
    }
  }
}

extension Collection<WantedCall> {
  /// The calls that are selected by sid; nil if none is.
  fileprivate var sids: Set<CallSID>? {
    let sids = compactMap { if case .sid(let sid) = $0 { sid } else { nil } }
    return sids.isEmpty ? nil : Set(sids)
  }

  fileprivate var addresses: [String] {
    compactMap { if case .address(let address) = $0 { address } else { nil } }
  }
}

extension EventFilter {
  /// The maximum number of calls in one selection.
  static let maximumCalls = 256

  /// - Parameter option: the option that selects types.
  /// - Throws: ``UsageError`` for a malformed value, or if no event could pass.
  init(_ arguments: ParsedArguments, types option: Option<EventTypePattern?>) throws(UsageError) {
    let types = try arguments[option]?.types
    let calls = try arguments[SelectionOptions.call]
    let fields = try arguments[SelectionOptions.onlyChangesOf]
    guard let selection = EventFilter(someOf: types, calls: calls, fields: fields) else {
      throw UsageError(
        "\(option.name.argument) and \(SelectionOptions.onlyChangesOf.name.argument) together exclude all events",
        right: Self.advice)
    }
    self = selection
  }

  /// - Returns: nil if no event could pass.
  private init?(someOf types: Set<EventType>?, calls: [WantedCall], fields: Set<TrackedField>?) {
    self.init(
      types: types ?? Set(EventType.allCases), calls: calls.sids, addresses: calls.addresses, fields: fields)
    if self.types.isEmpty { return nil }
  }

  private static let advice = "leave one of them out"
}

extension EventTypePattern {
  fileprivate static let example = "'participant.*' or '!watch.*'"
  fileprivate static let typeNames = EventType.allCases.map(\.rawValue)

  /// - Parameters:
  ///   - text: globs separated by commas, such as `participant.*,!participant.updated`.
  ///   - source: the source of the text.
  /// - Throws: ``UsageError`` if a glob is empty or matches no event type, or if no event could pass.
  init(argument text: String, of source: SecretOrigin = .option(SelectionOptions.events.name)) throws(UsageError) {
    guard let filter = EventTypePattern(text) else {
      throw .invalidSecret(source, "has an empty pattern", right: "give a pattern such as \(Self.example)")
    }
    if let item = filter.firstItem(matchingNoneOf: Self.typeNames) { throw Self.refusal(item, source) }
    guard !filter.types.isEmpty else {
      throw UsageError(
        "\(source.naming(text)) excludes all events", right: "give a pattern such as \(Self.example)", exit: source.exit
      )
    }
    self = filter
  }

  /// Returns the type nearest to a glob; `joined` means the type with that last word.
  private static func nearestType(to glob: String) -> String? {
    guard !glob.contains(".") else {
      let families = Set(typeNames.map { String($0.prefix { $0 != "." }) + ".*" }).sorted()
      return NearestName.of(glob, among: typeNames + (glob.contains("*") ? families : []))
    }
    let lastWords = typeNames.map { name in name.split(separator: ".").last.map(String.init) ?? name }
    guard let word = NearestName.of(glob, among: lastWords) else { return nil }
    return typeNames.first { $0.hasSuffix(".\(word)") }
  }

  private static func refusal(_ item: Item, _ source: SecretOrigin) -> UsageError {
    let sign = item.isExclusion ? "!" : ""
    let right = nearestType(to: item.glob.pattern).map { "did you mean \(sign)\($0)?" }
    return UsageError(
      "\(source.naming(sign + item.glob.pattern)) matches no event",
      right: right ?? "give a pattern such as \(example)",
      exit: source.exit)
  }
}

extension SecretOrigin {
  /// Returns a value with its source, for an error that may repeat it.
  func naming(_ text: String) -> String {
    switch self {
    case .option, .file, .environment: "\(label) \(Quotation.of(text))"
    case .target, .targetFile: "\(Quotation.of(text)) in \(label)"
    }
  }
}

// MARK: The file of targets

extension EventFilter {
  /// The maximum number of globs for one webhook.
  static let maximumGlobs = 64

  /// Reads the filter of an entry of the targets file.
  ///
  /// - Returns: nil if the entry has no filter.
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
        .target(TargetPlace(entry.place.target, key: keys)), "together exclude all events", right: Self.advice)
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

  private static func calls(_ value: TargetValue?) throws(UsageError) -> [WantedCall] {
    guard let value else { return [] }
    var calls: [WantedCall] = []
    for element in try value.elements(atMost: maximumCalls, like: "an array of call sids and addresses") {
      calls.append(try ValueKind.wantedCall.read(element.text(like: "a call sid or an address"), of: element.source))
    }
    return calls
  }

  private static func fields(_ value: TargetValue?) throws(UsageError) -> Set<TrackedField>? {
    guard let value else { return nil }
    var fields: Set<TrackedField> = []
    let example = #"an array of fields such as ["hold", "coaching"]"#
    for element in try value.elements(atMost: TrackedField.allCases.count, like: example) {
      let text = try element.text(like: "a field such as \"hold\"")
      fields.insert(try ValueKind.choice(of: TrackedField.self).read(text, of: element.source))
    }
    return fields
  }
}
