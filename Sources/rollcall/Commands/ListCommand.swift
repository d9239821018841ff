import RollcallCore
import RollcallKit

/// `rollcall list`: one look at a conference, all pages of its list or one of them.
struct ListCommand {
  private let options: ListOptions

  init(_ options: ListOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let log = StandardError(options.log)
    if let warning = options.account.warning { log.log(.warning, warning) }
    let query: ParticipantListQuery
    do throws(ParticipantListQuery.Refusal) {
      query = try ParticipantListQuery(
        muted: options.muted, hold: options.hold, coaching: options.coaching, page: options.page,
        pageSize: options.pageSize, pageToken: options.pageToken?.text, of: options.account.provider)
    } catch {
      throw UsageError("the page asked for is out of bounds", right: "give a token of at most 512 bytes")
    }
    let names = ShownNames(try options.display.names())
    let certificates = try AddedCertificates.read(options.caFile)
    let (options, loop) = (options, EventLoop())
    return loop.run {
      do throws(ScanFailure) {
        let api = ConferenceAPI(
          transport: CurlTransport(on: loop, for: .polls, trusting: certificates), space: options.account.space,
          token: CurrentToken(options.account.token))
        let (people, next) = try await Self.people(options, query, api)
        do throws(UsageError) {
          try Self.show(people, names, options)
        } catch {
          log.report(error)
          return error.exit.code
        }
        if let next { log.log(.notice, Self.text(of: next)) }
        return ExitStatus.done.code
      } catch {
        log.log(.error, APIErrorText.advice(for: error, of: options.account.provider))
        return error.isRefusal ? ExitStatus.unauthorised.code : ExitStatus.unavailable.code
      }
    }
  }

  /// - Returns: who is listed, and the query of the next page where one page was asked for and another follows.
  private static func people(
    _ options: ListOptions, _ query: ParticipantListQuery, _ api: ConferenceAPI
  ) async throws(ScanFailure) -> ([ParticipantRow], next: String?) {
    guard options.isOnePage else { return (try await api.people(in: options.conference, query: query), nil) }
    let reply = try await api.list(options.conference, query: query)
    guard case .page(let page, _) = reply.content else { return ([], nil) }
    return (page.rows.indices.map { page.participant($0) }, reply.next)
  }

  /// How to get the next page.
  private static func text(of query: String) -> String {
    let next = NextPage(query: query)
    var options: [String] = []
    if let page = next.page { options.append("\(OptionName.page.argument) \(page)") }
    if let size = next.pageSize { options.append("\(OptionName.pageSize.argument) \(size)") }
    if let token = next.pageToken {
      options.append("\(OptionName.pageToken.argument) \(TerminalText.sanitised(token))")
    }
    return options.isEmpty ? "there is another page" : "the next page: \(options.joined(separator: " "))"
  }

  private static func show(
    _ people: [ParticipantRow], _ names: ShownNames, _ options: ListOptions
  ) throws(UsageError) {
    switch options.display.format {
    case .ndjson:
      for person in people { try StandardOutput.write(StandardOutput.shown(person.record + [UInt8(ascii: "\n")])) }
    case .table:
      var table = PeopleTable(namesConferences: false, names: names)
      for person in people {
        let since = person.dateCreated.map { Timestamp(milliseconds: 0) + .seconds($0) }
        table.append(person.callSID, person.state, since: since, in: options.conference)
      }
      try StandardOutput.write(table.render(options.display.look))
    }
  }
}
