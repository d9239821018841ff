import RollcallCore
import RollcallKit

/// What was said about webhooks. The files are read by ``read()``, at the start and again on SIGHUP.
struct WebhookOptions: Sendable {
  /// How long events may be held for a webhook.
  static let maximumAgeBounds: ClosedRange<Duration> = .seconds(1)...(.seconds(720 * 3600))

  /// How long one attempt may take.
  static let timeoutBounds: ClosedRange<Duration> = .seconds(1)...(.seconds(60))

  /// Those of `--webhook`, else that of the environment where no file is named either.
  let urls: [WebhookURL]
  /// Paths of files that hold a URL each.
  let urlFiles: [String]
  /// Path of a file that describes webhooks with everything of their own; what follows is not for them.
  let targetsFile: String?
  let format: MessageFormat.Name
  /// Paths of files that hold a signing secret each.
  let secretFiles: [String]
  /// That of the environment, where no file is named.
  let environmentSecret: SigningSecret?
  let hubSecretFile: String?
  let headers: [WebhookHeader]
  /// Path of a file that says what people call calls and conferences.
  let namesFile: String?
  /// nil where the default is meant, which depends on how events are kept.
  let maximumAge: Duration?
  /// nil for the default.
  let timeout: Duration?

  var isEmpty: Bool { hasNoURL && targetsFile == nil }
  /// Whether there may be a webhook that shows names: that of a chat, or one of a file of targets, which can change.
  var mayShowNames: Bool { targetsFile != nil || !hasNoURL && format.chatService != nil }
  private var hasNoURL: Bool { urls.isEmpty && urlFiles.isEmpty }

  /// - Parameter onlyWebhooksShowNames: whether `--names` is of no use without one.
  /// - Throws: ``UsageError`` for malformed values, or where options for webhooks are given and no webhook is.
  init(
    _ arguments: ParsedArguments, _ context: CommandContext,
    onlyWebhooksShowNames: Bool = true
  ) throws(UsageError) {
    urlFiles = arguments.all(.webhookFile)
    targetsFile = arguments.text(.targets)
    secretFiles = arguments.all(.webhookSecretFile)
    hubSecretFile = arguments.text(.webhookHubSecretFile)
    namesFile = arguments.text(.names)
    format = try arguments.choice(.webhookFormat, of: MessageFormat.Name.self) ?? .rollcall
    maximumAge = try arguments.duration(.webhookMaxAge, in: Self.maximumAgeBounds)
    timeout = try arguments.duration(.webhookTimeout, in: Self.timeoutBounds)
    urls = try Self.urls(arguments, context)
    var headers: [WebhookHeader] = []
    for argument in arguments.all(.webhookHeader) { headers.append(try WebhookHeader(argument: argument)) }
    self.headers = headers
    if secretFiles.isEmpty, let text = context[.webhookSecret] {
      environmentSecret = try SigningSecret(text, from: .environment(.webhookSecret))
    } else {
      environmentSecret = nil
    }
    let dependent: [OptionName] = [
      .webhookFormat, .webhookSecretFile, .webhookHubSecretFile, .webhookHeader, .webhookMaxAge,
      .webhookTimeout,
    ]
    if hasNoURL, let option = dependent.first(where: arguments.has) {
      throw UsageError("\(option.argument) is given without a webhook", right: "give --webhook URL too")
    }
    if namesFile != nil, onlyWebhooksShowNames, !mayShowNames {
      throw UsageError(
        "--names is given, and nothing shows names", right: "give a webhook for chat or --targets FILE too")
    }
    let signing: [OptionName] = [.webhookSecretFile, .webhookHubSecretFile]
    if format.chatService != nil, let option = signing.first(where: arguments.has) {
      throw UsageError(
        "\(option.argument) is given, and \(format.rawValue) takes no signature", right: "leave it out")
    }
  }

  private static func urls(
    _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> [WebhookURL] {
    var urls: [WebhookURL] = []
    for text in arguments.all(.webhook) { urls.append(try WebhookURL(text, from: .option(.webhook))) }
    let hasOther = !urls.isEmpty || arguments.has(.webhookFile) || arguments.has(.targets)
    if !hasOther, let text = context[.webhookURL] {
      urls.append(try WebhookURL(text, from: .environment(.webhookURL)))
    }
    return urls
  }

  /// Reads the files that the options name, but for that of names.
  ///
  /// - Throws: ``UsageError``, with ``ExitStatus/configuration`` for a file, or where a URL or name is there twice.
  func read(pipes: NamedFile.Pipes) throws(UsageError) -> TargetList {
    var list = TargetList()
    var urls = urls
    for path in urlFiles {
      let text = try secret(path, .webhookFile, pipes, &list)
      urls.append(try WebhookURL(text.reveal(), from: .file(.webhookFile)))
    }
    var secrets = environmentSecret.map { [$0] } ?? []
    for path in secretFiles {
      let text = try secret(path, .webhookSecretFile, pipes, &list)
      secrets.append(try SigningSecret(text.reveal(), from: .file(.webhookSecretFile)))
    }
    let hub: Secret? =
      if let hubSecretFile { try secret(hubSecretFile, .webhookHubSecretFile, pipes, &list) } else { nil }
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
