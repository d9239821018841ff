import RollcallCore
import RollcallKit

/// Everything that `rollcall list` was told.
struct ListOptions: Sendable {
  static let pageSizeBounds = 1...1000
  static let pageBounds = 0...Int(Int32.max)

  let conference: ConferenceSID
  /// nil asks for both kinds, here and in ``hold`` and ``coaching``.
  let muted: Bool?
  let hold: Bool?
  let coaching: Bool?
  /// nil leaves it to the provider, which takes 50, or 20.
  let pageSize: Int?
  let page: Int?
  let pageToken: PageToken?
  let display: ListingDisplay
  /// Whether one page is asked for, and not everybody.
  var isOnePage: Bool { page != nil || pageSize != nil || pageToken != nil }
  let caFile: String?
  let log: LogOptions
  let account: Account

  /// - Throws: ``UsageError``: malformed arguments first, then what is missing of the account.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    guard let operand = arguments.operands.first, arguments.operands.count == 1 else {
      throw UsageError("list needs one conference", right: "give rollcall list <conference-sid>")
    }
    conference = try ConferenceSID(argument: operand)
    muted = try arguments.boolean(.muted)
    hold = try arguments.boolean(.hold)
    coaching = try arguments.boolean(.coaching)
    pageSize = try arguments.integer(.pageSize, in: Self.pageSizeBounds)
    page = try arguments.integer(.page, in: Self.pageBounds)
    let provider = try Provider.meant(arguments, context)
    pageToken = try Self.pageToken(arguments, of: provider)
    try Self.checkFilters(arguments, of: provider)
    display = try ListingDisplay(arguments, context)
    caFile = arguments.text(.caFile)
    log = try LogOptions(arguments)
    account = try Account(arguments, context)
  }

  private static func pageToken(
    _ arguments: ParsedArguments, of provider: Provider
  ) throws(UsageError) -> PageToken? {
    guard let text = arguments.text(.pageToken) else { return nil }
    guard let token = PageToken(text, of: provider) else {
      let prefixes = provider.dialect.pageTokenPrefixes.joined(separator: " or ")
      let right =
        prefixes.isEmpty ? "give the PageToken of a next_page_uri" : "give a token that starts with \(prefixes)"
      throw .invalid(.pageToken, text, right: right)
    }
    return token
  }

  private static func checkFilters(_ arguments: ParsedArguments, of provider: Provider) throws(UsageError) {
    let filters: [(OptionName, ParticipantFilter)] = [(.muted, .muted), (.hold, .hold), (.coaching, .coaching)]
    let refused = filters.first { arguments.has($0) && !provider.dialect.participantFilters.contains($1) }
    guard let option = refused?.0 else { return }
    throw UsageError(
      "\(provider.dialect.name) does not filter participants by \(option.argument)",
      right: "leave it out, and filter what --format ndjson writes")
  }
}
