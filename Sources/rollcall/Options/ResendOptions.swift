import RollcallCore

/// Everything that `rollcall resend` was told.
struct ResendOptions: Sendable {
  /// Which events are posted again.
  enum Selection: Hashable, Sendable {
    /// Those that the webhook did not get from a watch.
    case deadLetters
    case id(String, sequence: UInt64)
    case since(Timestamp)
  }

  let state: StatePath
  let selection: Selection
  /// One URL, or a file of targets.
  let webhook: WebhookOptions
  /// Which target of the file; nil where it is clear.
  let targetName: String?
  let caFile: String?
  let log: LogOptions

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    try arguments.refuseOperands(of: .resend)
    selection = try Self.selection(arguments, context)
    webhook = try WebhookOptions(arguments, context)
    targetName = arguments.text(.target)
    switch webhook.urls.count + webhook.urlFiles.count + (webhook.targetsFile == nil ? 0 : 1) {
    case 0:
      throw UsageError(
        "resend needs a webhook",
        right: "give --webhook URL, --webhook-file FILE or --targets FILE, or set ROLLCALL_WEBHOOK_URL")
    case 1: break
    default:
      throw UsageError("resend posts to one webhook", right: "give one of --webhook, --webhook-file and --targets")
    }
    guard targetName == nil || webhook.targetsFile != nil else {
      throw UsageError("--target is given without a file of targets", right: "give --targets FILE too")
    }
    caFile = arguments.text(.caFile)
    log = try LogOptions(arguments)
    state = try StatePath(arguments, context, for: .resend)
  }

  private static func selection(
    _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> Selection {
    let ways: [OptionName] = [.deadLetters, .id, .since]
    let given = ways.filter(arguments.has)
    guard given.count == 1 else {
      let wrong = given.isEmpty ? "resend needs to know which events" : "resend takes one way to choose events"
      throw UsageError(wrong, right: "give --dead-letters, --id ID or --since TIME")
    }
    if let moment = try arguments.moment(.since, context) { return .since(moment) }
    guard let text = arguments.text(.id) else { return .deadLetters }
    guard let sequence = sequence(ofID: text) else {
      throw .invalid(.id, text, right: "give an event's id such as evt_0123456789abcdef_000000000042")
    }
    return .id(text, sequence: sequence)
  }

  /// The number in an id; nil where the text is none.
  private static func sequence(ofID text: String) -> UInt64? {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "evt", parts[1].utf8.count == 16, parts[2].utf8.count >= 12,
      parts[1].utf8.allSatisfy({
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
      }),
      parts[2].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let number = UInt64(parts[2]),
      number > 0, number <= Int64.max
    else { return nil }
    return number
  }
}
