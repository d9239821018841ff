import RollcallCore
import RollcallKit

/// The file of `--targets`: a JSON array of webhooks, each with its own name, format, filter, secrets and headers.
///
/// It may contain URLs and headers, so it is treated as a secret. Paths in it are relative to its folder.
struct TargetsFile {
  /// The maximum size of the file in bytes.
  static let maximumBytes = 1 << 20
  /// The maximum number of webhooks in a file.
  static let maximumTargets = Watch.maximumWebhooks
  /// The maximum number of signing secrets of one webhook; several allow replacing one by another.
  static let maximumSecrets = Webhook.maximumSecrets
  /// The maximum number of headers of one webhook.
  static let maximumHeaders = 32

  private static let source = SecretOrigin.file(WebhookOptions.targets.name)
  private static let right = #"give [{"name": "ops", "url": "https://host/path"}]"#

  /// The file's folder with a trailing slash; empty for the current one.
  private let folder: String
  private let entries: [JSONValue]
  private let warning: String?
  /// Whether this file, and files it names, may be pipes.
  private let pipes: NamedFile.Pipes

  /// - Throws: ``UsageError`` with ``ExitStatus/configuration`` if the file is unreadable, unsafe or not an array.
  init(path: String, pipes: NamedFile.Pipes) throws(UsageError) {
    self.pipes = pipes
    let file = try PrivateFile(path: path, from: Self.source, maximum: Self.maximumBytes, pipes: pipes)
    folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
    warning = file.warning
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(file.bytes)
    } catch {
      throw .invalidSecret(Self.source, "is not JSON at \(error.description)", right: Self.right)
    }
    guard let entries = value.asArray, !entries.isEmpty else {
      throw .invalidSecret(Self.source, "is not an array of targets", right: Self.right)
    }
    guard entries.count <= Self.maximumTargets else {
      throw .invalidSecret(
        Self.source, "has \(entries.count) targets", right: "give at most \(Self.maximumTargets)")
    }
    self.entries = entries
  }

  /// Adds all targets, after reading the files they name.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``, which names the target and the key.
  func add(to list: inout TargetList) throws(UsageError) {
    list.note(warning)
    for (index, value) in entries.enumerated() {
      let entry = try TargetEntry(value, number: index + 1)
      try list.append(settings(of: entry, &list))
    }
  }

  private func settings(of entry: TargetEntry, _ list: inout TargetList) throws(UsageError) -> TargetSettings {
    var settings = TargetSettings(place: entry.place, name: entry.name, url: try url(of: entry, &list))
    if let value = entry[.format] {
      let text = try value.text(like: "rollcall, cloudevents or a chat service")
      settings.format = try WebhookOptions.formatKind.read(text, of: value.source)
    }
    settings.selection = try EventFilter(entry)
    for value in try entry[.secretFiles]?.elements(atMost: Self.maximumSecrets, like: "an array of paths") ?? [] {
      let secret = try value.secret(in: folder, pipes: pipes) { list.note($0) }
      settings.secrets.append(try SigningSecret(secret.reveal(), from: .targetFile(value.place)))
    }
    if let value = entry[.hubSecretFile] {
      settings.hubSecret = try value.secret(in: folder, pipes: pipes) { list.note($0) }
    }
    if settings.format.chatService != nil, let value = entry[.secretFiles] ?? entry[.hubSecretFile] {
      throw value.refusal("has no effect: \(settings.format.rawValue) messages are not signed", right: "leave it out")
    }
    if let value = entry[.headers] { settings.headers = try headers(value) }
    if let value = entry[.maximumAge] {
      let text = try value.text(like: "a duration such as \"72h\"")
      settings.maximumAge = try WebhookOptions.maximumAgeKind.read(text, of: value.source)
    }
    if let value = entry[.timeout] {
      let text = try value.text(like: "a duration such as \"30s\"")
      settings.timeout = try WebhookOptions.timeoutKind.read(text, of: value.source)
    }
    return settings
  }

  private func url(of entry: TargetEntry, _ list: inout TargetList) throws(UsageError) -> WebhookURL {
    switch (entry[.url], entry[.urlFile]) {
    case (.some, .some):
      throw .invalidSecret(.target(entry.place), "has both url and url_file", right: "give one of them")
    case (let value?, nil): return try WebhookURL(value.text(like: "https://host/path"), from: value.source)
    case (nil, let value?):
      let secret = try value.secret(in: folder, pipes: pipes) { list.note($0) }
      return try WebhookURL(secret.reveal(), from: .targetFile(value.place))
    case (nil, nil):
      throw .invalidSecret(.target(entry.place), "has no url", right: "give url or url_file")
    }
  }

  private func headers(_ value: TargetValue) throws(UsageError) -> [WebhookHeader] {
    let example = #"{"Name": "value"}"#
    var headers: [WebhookHeader] = []
    for member in try value.members(atMost: Self.maximumHeaders, like: example) {
      guard let text = member.value.asText else {
        throw value.refusal("has a value that is not a string", right: "give \(example)")
      }
      let header = try WebhookHeader(name: member.key, value: Substring(text).utf8, from: value.source)
      guard !headers.contains(where: { $0.name.lowercased() == header.name.lowercased() }) else {
        throw value.refusal("has one header twice", right: "give each once")
      }
      headers.append(header)
    }
    return headers
  }
}

/// One entry of the file of `--targets`: its values by key.
struct TargetEntry {
  private static let example = #"{"name": "ops", "url": "https://host/path"}"#

  /// The target in error messages: its name, or else its number.
  let place: TargetPlace
  let name: String?
  private let values: [TargetKey: TargetValue]

  /// - Parameter number: the entry's number, from 1.
  /// - Throws: ``UsageError`` for an unknown or repeated key, and for an invalid name.
  init(_ value: JSONValue, number: Int) throws(UsageError) {
    let unnamed = TargetPlace("target \(number)")
    guard let members = value.asObject else {
      throw .invalidSecret(.target(unnamed), "is not an object", right: "give \(Self.example)")
    }
    name = try Self.name(in: value, unnamed)
    let place = name.map { Self.place(named: $0, else: unnamed) } ?? unnamed
    var values: [TargetKey: TargetValue] = [:]
    for member in members {
      guard let key = TargetKey(rawValue: member.key) else {
        let keys = TargetKey.allCases.map(\.rawValue)
        throw .invalidSecret(
          .target(place), "has an unknown key, \(Quotation.of(member.key))",
          right: NearestName.of(member.key, among: keys).map { "did you mean \($0)?" }
            ?? "the keys are \(keys.joined(separator: ", "))")
      }
      let value = TargetValue(value: member.value, place: TargetPlace(place.target, key: key.rawValue))
      guard values.updateValue(value, forKey: key) == nil else {
        throw value.refusal("is given twice", right: "give it once")
      }
    }
    self.place = place
    self.values = values
  }

  subscript(key: TargetKey) -> TargetValue? { values[key] }

  /// Returns the place of a named target; a name that looks like a secret is not repeated.
  private static func place(named name: String, else unnamed: TargetPlace) -> TargetPlace {
    let quoted = Quotation.of(name)
    return quoted.hasPrefix("\"") ? TargetPlace("target \(quoted)") : unnamed
  }

  /// Reads the name first, because every other error contains it.
  private static func name(in entry: JSONValue, _ place: TargetPlace) throws(UsageError) -> String? {
    let key = TargetKey.name.rawValue
    guard let value = entry[key].map({ TargetValue(value: $0, place: TargetPlace(place.target, key: key)) }) else {
      return nil
    }
    let right = "give 1 to 64 of A-Z a-z 0-9 _ . -"
    guard let name = value.value.asText else { throw value.refusal("is not a string", right: right) }
    guard name != TargetSettings.standardOutput else {
      throw value.refusal("is reserved for standard output", right: "give another name")
    }
    guard WebhookTarget.isName(name) else { throw value.refusal("is not a valid name", right: right) }
    return name
  }
}

/// The keys of an entry in the file of `--targets`.
enum TargetKey: String, CaseIterable, Sendable {
  case name
  case url
  case urlFile = "url_file"
  case format
  case events
  case calls
  case onlyChangesOf = "only_changes_of"
  case secretFiles = "secret_files"
  case hubSecretFile = "hub_secret_file"
  case headers
  case maximumAge = "max_age"
  case timeout
}

/// The webhooks of a run, each only once.
struct TargetList: Sendable {
  private(set) var targets: [TargetSettings] = []
  /// Warnings to log, once each.
  private(set) var warnings: [String] = []

  mutating func note(_ warning: String?) {
    if let warning { warnings.append(warning) }
  }

  /// Adds a webhook.
  ///
  /// - Throws: ``UsageError`` if its URL or name is in the list already.
  mutating func append(_ target: TargetSettings) throws(UsageError) {
    if let other = targets.first(where: { $0.url == target.url }) {
      guard let place = target.place else {
        throw UsageError("one webhook is given twice", right: "give each URL once")
      }
      throw .invalidSecret(
        .target(TargetPlace(place.target, key: "url")), "is also that of \(other.place?.label ?? "another webhook")",
        right: "give each URL once")
    }
    note(target.formatWarning)
    // Names made from different URLs differ, unless one was given on purpose.
    guard !targets.contains(where: { $0.storeName == target.storeName }) else {
      let key = TargetPlace(target.place?.target ?? "a webhook", key: "name")
      throw .invalidSecret(.target(key), "is also that of another target", right: "give each a name of its own")
    }
    targets.append(target)
  }
}

extension TargetSettings {
  /// A warning that the webhook belongs to a chat service, and is sent events that it cannot read; nil if that is not
  /// known.
  var formatWarning: String? {
    guard format.chatService == nil, let service = url.chatService else { return nil }
    let option =
      place == nil
      ? "--webhook-format \(service.rawValue), or --targets FILE if only some webhooks need it"
      : "\"format\": \"\(service.rawValue)\""
    return "\(label): this service accepts only messages in its own format; give \(option)"
  }

  /// The target's name in messages, which does not reveal its URL.
  var label: String { place?.label ?? "webhook \(url.host)" }

  /// The target's name in the store.
  fileprivate var storeName: String { name ?? WebhookTarget.name(of: url.url) }
}

/// The position of a value in the file of `--targets`.
struct TargetPlace: Hashable, Sendable {
  /// The target, such as `target "ops"`, or `target 2` if it has no name.
  let target: String
  /// The key, such as `secret_files[1]`; empty for the target as a whole.
  let key: String

  init(_ target: String, key: String = "") {
    self.target = target
    self.key = key
  }

  /// The text in error messages.
  var label: String { key.isEmpty ? target : "\(key) of \(target)" }
}

/// The settings of one webhook, including those read from files.
struct TargetSettings: Sendable {
  /// The position in the file of `--targets`; nil for a webhook from the command line or the environment.
  var place: TargetPlace?
  /// The configured name; nil for a name made from the URL.
  var name: String?
  var url: WebhookURL
  var format: WebhookFormat = .rollcall
  /// The target's own filter; nil for the filter of the options.
  var selection: EventFilter?
  var secrets: [SigningSecret] = []
  var hubSecret: Secret?
  var headers: [WebhookHeader] = []
  /// The age at which events are given up; nil for the default, which depends on how events are kept.
  var maximumAge: Duration?
  /// The maximum time for one attempt; nil for the default.
  var timeout: Duration?
}

/// A value in the file of `--targets` with its position, for error messages.
struct TargetValue {
  let value: JSONValue
  let place: TargetPlace

  var source: SecretOrigin { .target(place) }

  /// Returns an error about this value.
  func refusal(_ problem: String, right: String) -> UsageError {
    .invalidSecret(source, problem, right: right)
  }

  /// - Parameter example: an example of a valid value.
  func text(like example: String) throws(UsageError) -> String {
    guard let text = value.asText else { throw refusal("is not a string", right: "give \(example)") }
    return text
  }

  /// Returns the elements of an array that has at least one and at most `maximum`.
  func elements(atMost maximum: Int, like example: String) throws(UsageError) -> [TargetValue] {
    guard let elements = value.asArray else { throw refusal("is not an array", right: "give \(example)") }
    guard (1...maximum).contains(elements.count) else {
      throw refusal("has \(elements.count) elements", right: "give 1 to \(maximum), or leave it out")
    }
    return elements.enumerated().map { index, element in
      TargetValue(value: element, place: TargetPlace(place.target, key: "\(place.key)[\(index)]"))
    }
  }

  /// Returns the members of an object that has at most `maximum`.
  func members(atMost maximum: Int, like example: String) throws(UsageError) -> [(key: String, value: JSONValue)] {
    guard let members = value.asObject else { throw refusal("is not an object", right: "give \(example)") }
    guard members.count <= maximum else {
      throw refusal("has \(members.count) members", right: "give at most \(maximum)")
    }
    return members
  }

  /// Returns the path of a file, relative to the folder of the file of `--targets`.
  func path(in folder: String) throws(UsageError) -> String {
    let path = try text(like: "the path of a file")
    // A zero byte would end the path early, so that another file would be read.
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw refusal("is not a path", right: "give the path of a file")
    }
    return path.hasPrefix("/") ? path : folder + path
  }

  /// Returns the secret in the file that this value names.
  ///
  /// - Parameter note: receives a warning about the file.
  func secret(
    in folder: String, pipes: NamedFile.Pipes, _ note: (String?) -> Void
  ) throws(UsageError) -> Secret {
    let file = try SecretFile(path: path(in: folder), from: .targetFile(place), pipes: pipes)
    note(file.warning)
    return file.secret
  }
}
