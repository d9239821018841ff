import RollcallCore
import RollcallKit

/// `rollcall list`: prints the participants of a conference once, from all pages of its list or one of them.
struct ListCommand: Command {
  static let muted = Option("muted", .boolean, help: "only participants who are muted (true) or not (false)")
  static let hold = Option("hold", .boolean, help: "only participants who are on hold (true) or not (false)")
  static let coaching = Option(
    "coaching", .boolean, help: "only participants who are coaching (true) or not (false); Twilio only")
  static let pageSize = Option(
    "page-size", .integer(in: 1...1000), fallback: "the provider's, 50 or 20",
    help: "print one page, of up to N participants")
  static let page = Option(
    "page", .integer(in: 0...Int(Int32.max)),
    help: "print this page, counted from 0; every page but the first also needs --page-token")
  static let pageToken = Option(
    "page-token", .text("TOKEN"),
    help: "print the page with this token, such as PA…; the page before it gives the token")

  static let spec = CommandSpec(
    name: "list",
    summary: "list who is in a conference, once",
    usage: ["list <conference-sid> [options]"],
    details: [
      "Prints every participant in the list of a conference, from all pages. With --page, --page-size or --page-token it"
        + " prints one page, and says on standard error how to get the next. rollcall diff compares two lists that were saved"
        + " as ndjson."
    ],
    operands: .conferences,
    groups: [
      OptionGroup(
        "List",
        [muted, hold, coaching, pageSize, page, pageToken, DisplayOptions.format, DisplayOptions.names]),
      AccountOptions.group, LogOptions.group,
    ])

  let conference: ConferenceSID
  /// Whether listed participants must be muted; nil lists all. ``hold`` and ``coaching`` work in the same way.
  let muted: Bool?
  let hold: Bool?
  let coaching: Bool?
  /// nil for the provider's default.
  let pageSize: Int?
  let page: Int?
  let pageToken: PageToken?
  let display: ListingDisplay
  private let caFile: String?
  private let log: LogOptions
  private let account: Account

  /// Whether only one page is requested.
  private var isOnePage: Bool { page != nil || pageSize != nil || pageToken != nil }
  private var isFiltered: Bool { muted != nil || hold != nil || coaching != nil }

  /// - Throws: ``UsageError`` for malformed arguments, or else for missing parts of the account.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    guard let operand = arguments.operands.first, arguments.operands.count == 1 else {
      throw UsageError("list needs one conference", right: "give rollcall list <conference-sid>")
    }
    conference = try ConferenceSID(argument: operand)
    muted = try arguments[Self.muted]
    hold = try arguments[Self.hold]
    coaching = try arguments[Self.coaching]
    pageSize = try arguments[Self.pageSize]
    page = try arguments[Self.page]
    let provider = try Provider.meant(arguments, context)
    pageToken = try Self.pageToken(arguments, of: provider)
    try Self.checkFilters(arguments, of: provider)
    display = try ListingDisplay(arguments, context)
    caFile = try arguments[AccountOptions.caFile]
    log = try LogOptions(arguments)
    account = try Account(arguments, context)
  }

  private static func pageToken(
    _ arguments: ParsedArguments, of provider: Provider
  ) throws(UsageError) -> PageToken? {
    guard let text = try arguments[Self.pageToken] else { return nil }
    guard let token = PageToken(text, of: provider) else {
      let prefixes = provider.dialect.pageTokenPrefixes.joined(separator: " or ")
      let limit = "up to \(ParticipantListQuery.maximumTokenLength) printable ASCII characters"
      let expected =
        prefixes.isEmpty
        ? "the PageToken of a next_page_uri, \(limit)" : "a token of \(limit) that starts with \(prefixes)"
      throw .invalid(.option(Self.pageToken.name), text, expected: expected)
    }
    return token
  }

  private static func checkFilters(_ arguments: ParsedArguments, of provider: Provider) throws(UsageError) {
    let filters: [(Option<Bool?>, ParticipantFilter)] = [(muted, .muted), (hold, .hold), (coaching, .coaching)]
    let refused = filters.first { arguments.has($0) && !provider.dialect.participantFilters.contains($1) }
    guard let option = refused?.0.name else { return }
    throw UsageError(
      "\(provider.dialect.name) does not filter participants by \(option.argument)",
      right: "leave it out, and filter the output of --format ndjson")
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let log = StandardError(self.log)
    if let warning = account.warning { log.log(.warning, warning) }
    let query: ParticipantListQuery
    do throws(ParticipantListQuery.Refusal) {
      query = try ParticipantListQuery(
        muted: muted, hold: hold, coaching: coaching, page: page,
        pageSize: pageSize, pageToken: pageToken?.text, of: account.provider)
    } catch {
      throw UsageError("the page token is too long", right: "give a token of at most 512 bytes")
    }
    let given = try display.names()
    let names = ShownNames(given)
    log.warnOfHidden(given.names, because: "lists of participants have no addresses; use watch --format text")
    let certificates = try AddedCertificates.read(caFile)
    let loop = EventLoop()
    return loop.run {
      do throws(ScanFailure) {
        let api = ConferenceAPI(
          transport: CurlTransport(on: loop, for: .polls, trusting: certificates), space: account.space,
          token: CurrentToken(account.token))
        let (people, next) = try await self.people(query, api)
        do throws(UsageError) {
          try self.show(people, names)
        } catch {
          log.report(error)
          return error.exit.code
        }
        if people.isEmpty { log.log(.notice, "no participants found") }
        if let next { log.log(.notice, Self.text(of: next)) }
        return ExitStatus.done.code
      } catch {
        let resource: RequestedResource = isOnePage || isFiltered ? .chosenPage : .conference
        log.log(.error, APIErrorText.advice(for: error, about: resource, of: account.provider))
        return error.isRefusal ? ExitStatus.unauthorised.code : ExitStatus.unavailable.code
      }
    }
  }

  /// - Returns: the participants, and the query of the next page if only one page was requested and another follows.
  private func people(
    _ query: ParticipantListQuery, _ api: ConferenceAPI
  ) async throws(ScanFailure) -> ([ParticipantRow], next: String?) {
    guard isOnePage else { return (try await api.people(in: conference, query: query), nil) }
    let reply = try await api.list(conference, query: query)
    guard case .page(let page, _) = reply.content else { return ([], nil) }
    return (page.rows.indices.map { page.participant($0) }, reply.next)
  }

  /// Returns a hint on how to request the next page.
  private static func text(of query: String) -> String {
    let next = NextPage(query: query)
    var options: [String] = []
    if let page = next.page { options.append("\(Self.page.name.argument) \(page)") }
    if let size = next.pageSize { options.append("\(Self.pageSize.name.argument) \(size)") }
    if let token = next.pageToken {
      options.append("\(Self.pageToken.name.argument) \(TerminalText.sanitised(token))")
    }
    return options.isEmpty ? "there is another page" : "the next page: \(options.joined(separator: " "))"
  }

  private func show(_ people: [ParticipantRow], _ names: ShownNames) throws(UsageError) {
    switch display.format {
    case .ndjson:
      for person in people { try StandardOutput.write(StandardOutput.shown(person.record + [UInt8(ascii: "\n")])) }
    case .text:
      var table = PeopleTable(namesConferences: false, names: names)
      for person in people {
        let since = person.dateCreated.map { Timestamp(milliseconds: 0) + .seconds($0) }
        table.append(person.callSID, person.state, since: since, in: conference)
      }
      try StandardOutput.write(table.render(display.terminal))
    }
  }
}

/// A page token. With most providers it is `PA` (next page) or `PB` (previous page) followed by an opaque part.
struct PageToken: Hashable, Sendable {
  let text: String

  /// - Returns: nil if the text is empty, too long or not printable ASCII, or does not begin like the provider's
  ///   tokens.
  init?(_ text: String, of provider: Provider) {
    guard provider.dialect.isPageToken(text) else { return nil }
    self.text = text
  }
}
