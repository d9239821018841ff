import RollcallCore
import RollcallKit

/// The file of `--targets`: a JSON array of webhooks, each with its own name, format, filter, secrets and headers.
///
/// It may hold URLs and headers, so it is treated as the secret that it is. Paths in it are relative to its folder.
struct TargetsFile {
  /// Bytes that such a file may hold.
  static let maximumBytes = 1 << 20
  /// Webhooks in one file.
  static let maximumTargets = 64
  /// Secrets that one webhook is signed with, so that one can replace another.
  static let maximumSecrets = 8
  /// Headers of one webhook.
  static let maximumHeaders = 32

  private static let source = SecretOrigin.file(WebhookOptions.targets.name)
  private static let right = #"give [{"name": "ops", "url": "https://host/path"}]"#

  /// With a slash at its end; empty for the one in which the program runs.
  private let folder: String
  private let entries: [JSONValue]
  private let warning: String?
  /// What becomes of pipes, this file being one or naming some.
  private let pipes: NamedFile.Pipes

  /// - Throws: ``UsageError`` with ``ExitStatus/configuration`` where it cannot be read or trusted, or is no array.
  init(path: String, pipes: NamedFile.Pipes) throws(UsageError) {
    self.pipes = pipes
    let file = try PrivateFile(path: path, from: Self.source, maximum: Self.maximumBytes, pipes: pipes)
    folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
    warning = file.warning
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.read(file.bytes)
    } catch {
      throw .invalidSecret(Self.source, "is no JSON at \(error.description)", right: Self.right)
    }
    guard let entries = value.asArray, !entries.isEmpty else {
      throw .invalidSecret(Self.source, "is no array of targets", right: Self.right)
    }
    guard entries.count <= Self.maximumTargets else {
      throw .invalidSecret(
        Self.source, "has \(entries.count) targets", right: "give at most \(Self.maximumTargets)")
    }
    self.entries = entries
  }

  /// Adds all of them, their own files read.
  ///
  /// - Throws: ``UsageError``, with ``ExitStatus/configuration``, that names the target and the key.
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
    settings.selection = try EventSelection(entry)
    for value in try entry[.secretFiles]?.elements(atMost: Self.maximumSecrets, like: "an array of paths") ?? [] {
      let secret = try value.secret(in: folder, pipes: pipes) { list.note($0) }
      settings.secrets.append(try SigningSecret(secret.reveal(), from: .targetFile(value.place)))
    }
    if let value = entry[.hubSecretFile] {
      settings.hubSecret = try value.secret(in: folder, pipes: pipes) { list.note($0) }
    }
    if settings.format.chatService != nil, let value = entry[.secretFiles] ?? entry[.hubSecretFile] {
      throw value.refusal("is given, and \(settings.format.rawValue) takes no signature", right: "leave it out")
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
        throw value.refusal("has a value that is no text", right: "give \(example)")
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
