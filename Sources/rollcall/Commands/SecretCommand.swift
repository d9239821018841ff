import RollcallCore
import RollcallKit

/// `rollcall secret`: prints a new key for signing webhooks.
struct SecretCommand: Command {
  static let opensFiles = false

  static let spec = CommandSpec(
    name: "secret", summary: "make a secret to sign webhooks with", usage: ["secret"],
    details: ["Prints whsec_ and the base64 of 32 random bytes."])

  init(_ arguments: ParsedArguments, _ context: CommandContext) {}

  static func text() -> String { WebhookSecret.prefix + Base64.encode(RandomKey.bytes()) }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    try StandardOutput.write(Self.text() + "\n")
    return ExitStatus.done.code
  }
}
