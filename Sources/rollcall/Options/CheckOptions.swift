import RollcallCore

/// Everything that `rollcall check` was told.
struct CheckOptions: Sendable {
  /// nil where no conference is to be looked for.
  let conference: ConferenceSID?
  /// What is missing of the account is for the check to tell.
  let account: Result<Account, UsageError>
  let webhooks: WebhookOptions
  /// nil where nothing is kept.
  let statePath: String?
  let caFile: String?

  /// - Throws: ``UsageError`` for malformed arguments.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    guard arguments.operands.count <= 1 else {
      throw UsageError("check takes one conference", right: "give rollcall check [conference-sid]")
    }
    if let operand = arguments.operands.first {
      conference = try ConferenceSID(argument: operand)
    } else {
      conference = nil
    }
    webhooks = try WebhookOptions(arguments, context)
    statePath = arguments.text(.state) ?? context[.state]
    caFile = arguments.text(.caFile)
    account = try Self.account(arguments, context)
  }

  private static func account(
    _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> Result<Account, UsageError> {
    do throws(UsageError) {
      return .success(try Account(arguments, context))
    } catch {
      guard error.exit == .configuration else { throw error }
      return .failure(error)
    }
  }
}
