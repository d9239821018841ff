/// What an account lacks, told all at once.
struct MissingParts: Sendable {
  private struct Part: Sendable {
    let name: String
    /// nil where no variable holds it.
    let variable: EnvironmentVariable?
    /// The option that gives it, with an example.
    let option: String

    var right: String { (variable.map { "set \($0.rawValue) or " } ?? "") + "give \(option)" }
  }

  private var parts: [Part] = []

  mutating func add(_ name: String, _ variable: EnvironmentVariable?, or option: String) {
    parts.append(Part(name: name, variable: variable, option: option))
  }

  /// nil where nothing is missing.
  var error: UsageError? {
    guard !parts.isEmpty else { return nil }
    let wrong = "there is " + Self.list(parts.map { "no \($0.name)" })
    return UsageError(wrong, right: right, exit: .configuration)
  }

  private var right: String {
    let variables = parts.compactMap(\.variable?.rawValue)
    guard parts.count > 1, variables.count == parts.count else {
      return parts.map(\.right).joined(separator: ", and ")
    }
    return "set \(Self.list(variables)), or give \(Self.list(parts.map(\.option)))"
  }

  private static func list(_ items: [String]) -> String {
    let first = items.dropLast().joined(separator: ", ")
    return first.isEmpty ? items.last ?? "" : "\(first) and \(items.last ?? "")"
  }
}
