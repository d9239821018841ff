import RollcallKit

/// Where a value that must not be shown came from, which is all that an error may say of it.
enum SecretOrigin: Hashable, Sendable {
  case option(OptionName)
  case file(OptionName)
  case environment(EnvironmentVariable)
  /// A value in the file of `--targets`.
  case target(TargetPlace)
  /// A file that such a value names.
  case targetFile(TargetPlace)

  var label: String {
    switch self {
    case .option(let name): name.argument
    case .file(let name): "the file of \(name.argument)"
    case .environment(let variable): variable.rawValue
    case .target(let place): place.label
    case .targetFile(let place): "the file of \(place.label)"
    }
  }

  /// The label of a file together with its path.
  func label(of path: String) -> String {
    Quotation.ofPath(SystemPath.visible(path)).map { "\(label), \($0)," } ?? label
  }

  /// An argument is misused, a file or variable is misconfigured.
  var exit: ExitStatus {
    switch self {
    case .option: .usage
    case .file, .environment, .target, .targetFile: .configuration
    }
  }

  /// What has to be in a file from there.
  var content: String {
    switch self {
    case .file(let name) where name == WebhookOptions.webhookFile.name: "URL"
    case .targetFile(let place) where place.key == TargetKey.urlFile.rawValue: "URL"
    case .option, .file, .environment, .target, .targetFile: "secret"
    }
  }

  /// How a webhook from there is given one more header.
  var headerAdvice: String {
    switch self {
    case .option, .file, .environment: "give --webhook-header 'Authorization: …' instead"
    case .target, .targetFile: "give headers with an Authorization instead"
    }
  }

  /// How it is said that a webhook from there is given a header rightly.
  var headerForm: String {
    switch self {
    case .option, .file, .environment: "give 'Name: value'"
    case .target, .targetFile: #"give {"Name": "value"}"#
    }
  }
}
