/// Where a value that must not be shown came from, which is all that an error may say of it.
enum SecretOrigin: Hashable, Sendable {
  case option(OptionName)
  case file(OptionName)
  case environment(EnvironmentVariable)

  var label: String {
    switch self {
    case .option(let name): name.argument
    case .file(let name): "the file of \(name.argument)"
    case .environment(let variable): variable.rawValue
    }
  }

  /// An argument is misused, a file or variable is misconfigured.
  var exit: ExitStatus {
    switch self {
    case .option: .usage
    case .file, .environment: .configuration
    }
  }
}
