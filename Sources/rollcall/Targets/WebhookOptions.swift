import RollcallCore

/// What was said about webhooks. The files are read by ``readSecrets()``, at the start and again on SIGHUP.
struct WebhookOptions: Sendable {
  /// How long events may be held for a webhook.
  static let maximumAgeBounds: ClosedRange<Duration> = .seconds(1)...(.seconds(720 * 3600))

  /// Those of `--webhook`, else that of the environment where no file is named either.
  let urls: [WebhookURL]
  /// Paths of files that hold a URL each.
  let urlFiles: [String]
  /// Paths of files that hold a signing secret each.
  let secretFiles: [String]
  /// That of the environment, where no file is named.
  let environmentSecret: SigningSecret?
  let hubSecretFile: String?
  let headers: [WebhookHeader]
  /// nil where the default is meant, which depends on how events are kept.
  let maximumAge: Duration?

  var isEmpty: Bool { urls.isEmpty && urlFiles.isEmpty }

  /// - Throws: ``UsageError`` for malformed values, or where options for webhooks are given and no webhook is.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    urlFiles = arguments.all(.webhookFile)
    secretFiles = arguments.all(.webhookSecretFile)
    hubSecretFile = arguments.text(.webhookHubSecretFile)
    maximumAge = try arguments.duration(.webhookMaxAge, in: Self.maximumAgeBounds)
    urls = try Self.urls(arguments, context)
    var headers: [WebhookHeader] = []
    for argument in arguments.all(.webhookHeader) { headers.append(try WebhookHeader(argument: argument)) }
    self.headers = headers
    if secretFiles.isEmpty, let text = context[.webhookSecret] {
      environmentSecret = try SigningSecret(text, from: .environment(.webhookSecret))
    } else {
      environmentSecret = nil
    }
    let dependent: [OptionName] = [.webhookSecretFile, .webhookHubSecretFile, .webhookHeader, .webhookMaxAge]
    if isEmpty, let option = dependent.first(where: arguments.has) {
      throw UsageError("\(option.argument) is given without a webhook", right: "give --webhook URL too")
    }
  }

  private static func urls(
    _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> [WebhookURL] {
    var urls: [WebhookURL] = []
    for text in arguments.all(.webhook) { urls.append(try WebhookURL(text, from: .option(.webhook))) }
    if urls.isEmpty, !arguments.has(.webhookFile), let text = context[.webhookURL] {
      urls.append(try WebhookURL(text, from: .environment(.webhookURL)))
    }
    return urls
  }

  /// Reads the files that the options name.
  ///
  /// - Throws: ``UsageError``, with ``ExitStatus/configuration`` for a file, or where a URL is there twice.
  func readSecrets() throws(UsageError) -> WebhookSecrets {
    var secrets = WebhookSecrets(urls: urls, signing: environmentSecret.map { [$0] } ?? [])
    for path in urlFiles {
      let text = try secrets.read(path, .webhookFile)
      secrets.urls.append(try WebhookURL(text.reveal(), from: .file(.webhookFile)))
    }
    for path in secretFiles {
      let text = try secrets.read(path, .webhookSecretFile)
      secrets.signing.append(try SigningSecret(text.reveal(), from: .file(.webhookSecretFile)))
    }
    if let path = hubSecretFile { secrets.hub = try secrets.read(path, .webhookHubSecretFile) }
    guard Set(secrets.urls).count == secrets.urls.count else {
      throw UsageError("one webhook is given twice", right: "give each URL once")
    }
    return secrets
  }
}

/// What ``WebhookOptions`` comes to once its files are read.
struct WebhookSecrets: Sendable {
  fileprivate(set) var urls: [WebhookURL]
  fileprivate(set) var signing: [SigningSecret]
  fileprivate(set) var hub: Secret?
  /// To be logged once each.
  fileprivate(set) var warnings: [String] = []

  fileprivate mutating func read(_ path: String, _ option: OptionName) throws(UsageError) -> Secret {
    let file = try SecretFile(path: path, option: option)
    if let warning = file.warning { warnings.append(warning) }
    return file.secret
  }
}
