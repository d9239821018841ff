import RollcallCore
import RollcallKit

/// The options about webhooks. ``read(pipes:)`` reads their files, at the start and again on SIGHUP.
struct WebhookOptions: Sendable {
  static let webhook = Option(
    repeated: "webhook", .webhookURL, fallback: EnvironmentVariable.webhookURL.rawValue, help: "POST events to this URL"
  )
  static let webhookFile = Option(repeated: "webhook-file", .file, help: "a file that holds the URL of a webhook")
  static let secretFile = Option(
    repeated: "webhook-secret-file", .file, fallback: EnvironmentVariable.webhookSecret.rawValue,
    help: "a file that holds a whsec_… secret to sign with")
  static let hubSecretFile = Option(
    "webhook-hub-secret-file", .file, help: "a file that holds the secret of X-Hub-Signature-256")
  static let header = Option(repeated: "webhook-header", .webhookHeader, help: "add this header to each POST")
  static let maximumAge = Option(
    "webhook-max-age", maximumAgeKind, fallback: "1h, with --state 72h, for chat 10m",
    help: "give up on events this old")
  static let timeout = Option(
    "webhook-timeout", timeoutKind, default: HTTPLimits.webhook.total, help: "maximum time for one attempt")
  static let format = Option(
    "webhook-format", formatKind, default: .rollcall, help: "the format of the bodies")
  static let targets = Option(
    "targets", .file,
    help: "a JSON file of webhooks, each with its own name, format, filter, secrets and headers")

  static let maximumAgeKind = ValueKind.duration(in: Webhook.maximumAges)
  static let timeoutKind = ValueKind.duration(in: Webhook.timeouts)
  static let formatKind = ValueKind.choice(of: WebhookFormat.self, "FORMAT")

  /// The options about signing and format, for every command that posts.
  static let signing: [any OptionDeclaration] = [secretFile, hubSecretFile, header, timeout, format]

  /// The URLs of `--webhook`, or else that of the environment if no file is named either.
  let urls: [WebhookURL]
  /// The paths of files with one URL each.
  let urlFiles: [String]
  /// The path of a file of webhooks with settings of their own, to which the following do not apply.
  let targetsFile: String?
  let format: WebhookFormat
  /// The paths of files with one signing secret each.
  let secretFiles: [String]
  /// The secret in the environment, if no file is named.
  let environmentSecret: SigningSecret?
  let hubSecretFile: String?
  let headers: [WebhookHeader]
  /// The path of the file of names.
  let namesFile: String?
  /// The age at which events are given up; nil for the default, which depends on how events are kept.
  let maximumAge: Duration?
  /// The maximum time for one attempt; nil for the default.
  let timeout: Duration?

  var isEmpty: Bool { hasNoURL && targetsFile == nil }
  /// Whether a webhook may show names: one for chat, or one in a file of targets, which can change.
  var mayShowNames: Bool { targetsFile != nil || !hasNoURL && format.chatService != nil }
  private var hasNoURL: Bool { urls.isEmpty && urlFiles.isEmpty }

  /// - Parameter onlyWebhooksShowNames: whether `--names` has no effect without a webhook.
  /// - Throws: ``UsageError`` for invalid values, or for options about webhooks without a webhook.
  init(
    _ arguments: ParsedArguments, _ context: CommandContext,
    onlyWebhooksShowNames: Bool = true
  ) throws(UsageError) {
    urlFiles = try arguments[Self.webhookFile]
    targetsFile = try arguments[Self.targets]
    secretFiles = try arguments[Self.secretFile]
    hubSecretFile = try arguments[Self.hubSecretFile]
    namesFile = try arguments[DisplayOptions.names]
    format = try arguments[Self.format]
    maximumAge = try arguments[Self.maximumAge]
    timeout = try arguments[Self.timeout]
    urls = try Self.urls(arguments, context)
    headers = try arguments[Self.header]
    if secretFiles.isEmpty, let text = context[.webhookSecret] {
      environmentSecret = try SigningSecret(text, from: .environment(.webhookSecret))
    } else {
      environmentSecret = nil
    }
    let dependent: [any OptionDeclaration] = [
      Self.format, Self.secretFile, Self.hubSecretFile, Self.header, Self.maximumAge, Self.timeout,
    ]
    if hasNoURL, let option = arguments.first(of: dependent) {
      throw UsageError("\(option.argument) has no effect without a webhook", right: "give --webhook URL too")
    }
    if namesFile != nil, onlyWebhooksShowNames, !mayShowNames {
      throw UsageError(
        "--names has no effect: nothing shows names", right: "give a webhook for chat or --targets FILE too")
    }
    if format.chatService != nil, let option = arguments.first(of: [Self.secretFile, Self.hubSecretFile]) {
      throw UsageError(
        "\(option.argument) has no effect: \(format.rawValue) messages are not signed", right: "leave it out")
    }
  }

  private static func urls(
    _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> [WebhookURL] {
    var urls = try arguments[webhook]
    let hasOther = !urls.isEmpty || arguments.has(webhookFile) || arguments.has(targets)
    if !hasOther, let text = context[.webhookURL] {
      urls.append(try WebhookURL(text, from: .environment(.webhookURL)))
    }
    return urls
  }

  /// Reads the files that the options name, except the file of names.
  ///
  /// - Throws: ``UsageError``, with ``ExitStatus/configuration`` for a file, or if a URL or name is given twice.
  func read(pipes: NamedFile.Pipes) throws(UsageError) -> TargetList {
    var list = TargetList()
    var urls = urls
    for path in urlFiles {
      let text = try secret(path, Self.webhookFile.name, pipes, &list)
      urls.append(try WebhookURL(text.reveal(), from: .file(Self.webhookFile.name)))
    }
    var secrets = environmentSecret.map { [$0] } ?? []
    for path in secretFiles {
      let text = try secret(path, Self.secretFile.name, pipes, &list)
      secrets.append(try SigningSecret(text.reveal(), from: .file(Self.secretFile.name)))
    }
    let hub: Secret? =
      if let hubSecretFile { try secret(hubSecretFile, Self.hubSecretFile.name, pipes, &list) } else { nil }
    for url in urls {
      try list.append(
        TargetSettings(
          url: url, format: format, secrets: secrets, hubSecret: hub, headers: headers, maximumAge: maximumAge,
          timeout: timeout))
    }
    if let targetsFile { try TargetsFile(path: targetsFile, pipes: pipes).add(to: &list) }
    return list
  }

  /// Reads the file of names.
  func readNames() throws(UsageError) -> SIDNames { try CurrentNames(path: namesFile).names }

  private func secret(
    _ path: String, _ option: OptionName, _ pipes: NamedFile.Pipes, _ list: inout TargetList
  ) throws(UsageError) -> Secret {
    let file = try SecretFile(path: path, option: option, pipes: pipes)
    list.note(file.warning)
    return file.secret
  }
}

extension ValueKind where Value == WebhookURL {
  static var webhookURL: ValueKind {
    ValueKind("URL") { (text, source, _) throws(UsageError) in try WebhookURL(text, from: source) }
  }
}

extension ValueKind where Value == WebhookHeader {
  fileprivate static var webhookHeader: ValueKind {
    ValueKind("'NAME: VALUE'") { (text, _, _) throws(UsageError) in try WebhookHeader(argument: text) }
  }
}

/// A header that the user adds to every POST. Its value is a secret.
struct WebhookHeader: Hashable, Sendable {
  static let maximumBytes = 8192

  /// The names of headers that rollcall or HTTP itself writes, in lower case.
  private static let reserved: Set<String> = [
    "connection", "content-length", "content-type", "host", "rollcall-previous-id", "transfer-encoding", "user-agent",
    "webhook-id", "webhook-signature", "webhook-timestamp", "x-hub-signature-256",
  ]

  let name: String
  let value: Secret

  /// - Parameter argument: `Name: value`.
  /// - Throws: ``UsageError``, which repeats neither name nor value.
  init(argument: String) throws(UsageError) {
    let source = SecretOrigin.option(WebhookOptions.header.name)
    guard let colon = argument.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      throw .invalidSecret(source, "has no colon", right: source.headerForm)
    }
    let value = argument.utf8[argument.utf8.index(after: colon)...]
    try self.init(name: String(argument[..<colon]), value: value, from: source)
  }

  /// - Throws: ``UsageError``, which repeats neither name nor value.
  init(name: String, value: Substring.UTF8View, from source: SecretOrigin) throws(UsageError) {
    let right = source.headerForm
    guard name.utf8.count + value.count <= Self.maximumBytes else {
      throw .invalidSecret(source, "is too long", right: "give at most \(Self.maximumBytes) bytes")
    }
    guard !name.isEmpty, name.utf8.allSatisfy(\.isInHTTPToken) else {
      throw .invalidSecret(source, "has a name that HTTP does not allow", right: right)
    }
    guard !Self.reserved.contains(name.lowercased()) else {
      throw .invalidSecret(source, "has a name that rollcall sets itself", right: "give another name")
    }
    guard value.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == UInt8(ascii: "\t") }) else {
      throw .invalidSecret(source, "has a line end or control character in its value", right: right)
    }
    self.name = name
    self.value = Secret(Self.trimmed(value))
  }

  private static func trimmed(_ value: Substring.UTF8View) -> String {
    let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var value = value.drop(while: isBlank)
    while let last = value.last, isBlank(last) { value.removeLast() }
    return String(Substring(value))
  }
}

/// The URL of a webhook. The URL is a secret; its host is not.
struct WebhookURL: Hashable, Sendable {
  static let maximumBytes = 8192

  /// The warning about a URL that ``isExposed``.
  static let exposure = "http: is not encrypted; anyone on the network can read the events"

  let url: Secret
  /// The host and port, for logs.
  let host: String
  /// Whether the network can read what is posted: `http:` to another machine, which causes a warning.
  let isExposed: Bool
  /// The chat service that takes only its own messages at this URL; nil if there is none, or that is not known.
  let chatService: ChatService?

  /// - Parameter source: the origin of the text, for the error, which does not repeat the text.
  /// - Throws: ``UsageError`` unless it is an `https:` or `http:` URL of printable ASCII without a user or a fragment.
  init(_ text: String, from source: SecretOrigin) throws(UsageError) {
    let right = "give https://host/path"
    guard !SecretText.isQuoted(text) else { throw .quoted(source) }
    guard text.utf8.count <= Self.maximumBytes else {
      throw .invalidSecret(source, "is too long for a URL", right: "give at most \(Self.maximumBytes) bytes")
    }
    guard let separator = text.utf8.range(ofRun: "://".utf8) else {
      throw .invalidSecret(
        source, "is not a URL", right: "begin it with https:// or http://, such as http://127.0.0.1:8787")
    }
    let isSecure: Bool
    switch text[..<separator.lowerBound].lowercased() {
    case "https": isSecure = true
    case "http": isSecure = false
    default: throw .invalidSecret(source, "has a scheme that cannot be posted to", right: right)
    }
    guard !text.contains(bytesOf: "…") else {
      throw .invalidSecret(source, "is an example with … in it", right: "give the URL that the service shows")
    }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .invalidSecret(source, "has a space or a character outside ASCII", right: "give it percent-encoded")
    }
    guard !text.contains(bytesOf: "#") else {
      throw .invalidSecret(source, "has a fragment, which is never sent", right: "leave out the # and the rest")
    }
    let given = text[separator.upperBound...].prefix { $0 != "/" && $0 != "?" }
    guard !given.contains(bytesOf: "@") else {
      throw .invalidSecret(source, "has a user in it", right: source.headerAdvice)
    }
    guard let authority = Authority(given) else {
      throw .invalidSecret(source, "has no valid host", right: right)
    }
    isExposed = !isSecure && !authority.isLoopback
    host = authority.text
    url = Secret(text)
    let path = text[separator.upperBound...].dropFirst(given.count)
    let service = ChatService.at(host: host)
    // Slack's workflows, under other paths, take any JSON.
    chatService = service == .slack && !path.hasPrefix("/services/") ? nil : service
  }
}

/// A signing secret of Standard Webhooks given by the user.
struct SigningSecret: Hashable, Sendable {
  let secret: WebhookSecret

  /// - Throws: ``UsageError``, which names the origin of the text and does not repeat it.
  init(_ text: String, from source: SecretOrigin) throws(UsageError) {
    do throws(WebhookSecret.Flaw) {
      secret = try WebhookSecret(text)
    } catch {
      throw .invalidSecret(
        source, "contains no signing secret", right: "give whsec_ and the base64 of 24 to 64 random bytes")
    }
  }
}
