import RollcallKit

/// The options of the account, which ``Account`` reads.
enum AccountOptions {
  static let space = Option(
    "space", .text("SPACE"), fallback: EnvironmentVariable.space.rawValue,
    help: "the space: example, example.signalwire.com or an origin")
  static let provider = Option(
    "provider", .choice(of: Provider.self, "NAME", isCaseSensitive: false), fallback: "the space's",
    help: "the provider whose API and variables to use")
  static let project = Option(
    "project", .text("ID"), fallback: EnvironmentVariable.project.rawValue, help: "the project id or account sid")
  static let tokenFile = Option(
    "token-file", .file, fallback: EnvironmentVariable.token.rawValue, help: "a file that holds the API token")
  static let caFile = Option("ca-file", .file, help: "also trust the certificates in this PEM file")

  static let group = OptionGroup("Account", [space, provider, project, tokenFile, caFile])
}
