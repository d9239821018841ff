#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a command line means depends on these two things beside its arguments; tests give their own.
struct CommandContext: Sendable {
  private let environment: [String: String]
  let outputIsTerminal: Bool

  init(environment: [String: String] = [:], outputIsTerminal: Bool = false) {
    self.environment = environment
    self.outputIsTerminal = outputIsTerminal
  }

  /// The variable's value; an empty one counts as not set.
  subscript(variable: EnvironmentVariable) -> String? {
    guard let text = environment[variable.rawValue], !text.isEmpty else { return nil }
    return text
  }

  /// That of this process.
  static func current() -> CommandContext {
    var environment: [String: String] = [:]
    for variable in EnvironmentVariable.allCases {
      guard let value = unsafe getenv(variable.rawValue) else { continue }
      environment[variable.rawValue] = unsafe ProcessArguments.text(value)
    }
    return CommandContext(environment: environment, outputIsTerminal: isTerminal(STDOUT_FILENO))
  }
}
