import RollcallCore
import RollcallKit

/// `rollcall conferences`: lists the account's conferences.
struct ConferencesCommand: Command {
  static let name = Option(
    "name", .friendlyName, help: "only conferences whose friendly name is NAME; * and ? are wildcards")
  static let allStatuses = Option(flag: "all-statuses", help: "include conferences that are over")

  static let spec = CommandSpec(
    name: "conferences",
    summary: "list the conferences of the account",
    usage: ["conferences [--name NAME] [--all-statuses] [options]"],
    details: [
      "Prints the conferences that are in progress or waiting to start (init): sid, friendly name, status, and how many"
        + " participants are in the room. Only those of the first \(maximumCounted) conferences are counted."
    ],
    groups: [
      OptionGroup("Conferences", [name, allStatuses, DisplayOptions.format]), AccountOptions.group, LogOptions.group,
    ])

  /// The maximum number of conferences whose participants are counted, and the maximum number of concurrent requests.
  private static let (maximumCounted, maximumAtOnce) = (200, 8)

  let selection: ConferenceSelection
  let hasAllStatuses: Bool
  let format: OutputFormat
  private let terminal: TerminalCapabilities
  private let caFile: String?
  private let log: LogOptions
  private let account: Account

  /// - Throws: ``UsageError`` for malformed arguments, or else for missing parts of the account.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    selection = try arguments[Self.name] ?? .all
    hasAllStatuses = try arguments[Self.allStatuses]
    format = try DisplayOptions.format(arguments, context)
    terminal = context.terminal
    caFile = try arguments[AccountOptions.caFile]
    log = try LogOptions(arguments)
    account = try Account(arguments, context)
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let log = StandardError(self.log)
    if let warning = account.warning { log.log(.warning, warning) }
    let certificates = try AddedCertificates.read(caFile)
    let loop = EventLoop()
    return loop.run {
      let api = ConferenceAPI(
        transport: CurlTransport(on: loop, for: .polls, trusting: certificates), space: account.space,
        token: CurrentToken(account.token))
      do throws(ScanFailure) {
        let listed = try await conferences(api)
        let (counts, failure) = await Self.counts(of: listed, api)
        do throws(UsageError) {
          try show(listed, counts, log)
        } catch {
          log.report(error)
          return error.exit.code
        }
        if let failure {
          let advice = APIErrorText.advice(for: failure, about: .conference, of: account.provider)
          log.log(.warning, "participants could not be counted in every conference: \(advice)")
        }
        return ExitStatus.done.code
      } catch {
        log.log(.error, APIErrorText.advice(for: error, about: .conferences, of: account.provider))
        return error.isRefusal ? ExitStatus.unauthorised.code : ExitStatus.unavailable.code
      }
    }
  }

  /// Returns the requested conferences without duplicates.
  private func conferences(_ api: ConferenceAPI) async throws(ScanFailure) -> [Conference] {
    var found: [Conference] = []
    var known: [ConferenceSID: Int] = [:]
    let statuses = hasAllStatuses ? [nil] : ConferenceDiscovery.statuses.map(Optional.some)
    for status in statuses {
      for conference in try await api.conferences(named: selection.queriedName, status: status)
      where selection.contains(friendlyName: conference.friendlyName) && isWanted(conference) {
        // A conference that begins between the two answers is in both.
        if let index = known[conference.sid] {
          found[index] = conference
        } else {
          known[conference.sid] = found.count
          found.append(conference)
        }
      }
    }
    return found
  }

  /// Filters again, because providers filter by status loosely or not at all.
  private func isWanted(_ conference: Conference) -> Bool { hasAllStatuses || Self.isCurrent(conference) }

  private static func isCurrent(_ conference: Conference) -> Bool {
    ConferenceDiscovery.statuses.contains(conference.status)
  }

  /// Counts the participants of the first conferences that have not ended.
  ///
  /// - Returns: the counts, and the first failure, ignoring conferences that have ended meanwhile.
  private static func counts(
    of conferences: [Conference], _ api: ConferenceAPI
  ) async -> ([ConferenceSID: Int], ScanFailure?) {
    var waiting = conferences.filter(isCurrent).prefix(maximumCounted).map(\.sid)[...]
    var counts: [ConferenceSID: Int] = [:]
    var failure: ScanFailure?
    await withTaskGroup(of: (ConferenceSID, Result<Int, ScanFailure>).self) { group in
      for _ in 0..<maximumAtOnce {
        if let sid = waiting.popFirst() { group.addTask { await count(sid, api) } }
      }
      for await (sid, result) in group {
        switch result {
        case .success(let count): counts[sid] = count
        case .failure(let error) where error.kind == .notFound: break
        case .failure(let error):
          failure = failure ?? error
          // A provider that refuses or throttles gets no more requests.
          waiting = []
        }
        if let sid = waiting.popFirst() { group.addTask { await count(sid, api) } }
      }
    }
    return (counts, failure)
  }

  private static func count(
    _ sid: ConferenceSID, _ api: ConferenceAPI
  ) async -> (ConferenceSID, Result<Int, ScanFailure>) {
    do throws(ScanFailure) {
      return (sid, .success(try await api.countOfPeople(in: sid)))
    } catch {
      return (sid, .failure(error))
    }
  }

  private func show(
    _ conferences: [Conference], _ counts: [ConferenceSID: Int], _ log: StandardError
  ) throws(UsageError) {
    switch format {
    case .ndjson:
      for conference in conferences {
        try StandardOutput.write(StandardOutput.shown(Self.line(of: conference, counts[conference.sid])))
      }
    case .text:
      guard !conferences.isEmpty else {
        let all = selection == .all ? "" : "; leave --name out to see all"
        let over = hasAllStatuses ? "" : "; --all-statuses includes those that are over"
        return log.log(.notice, "no conferences found\(all)\(over)")
      }
      try StandardOutput.write(Self.table(conferences, counts).render(terminal))
    }
  }

  /// Returns one line of JSON with its newline; the keys are always the same.
  static func line(of conference: Conference, _ count: Int?) -> [UInt8] {
    var writer = ObjectWriter(capacity: 256)
    writer.add("conference_sid", text: conference.sid.text)
    writer.add("friendly_name", text: conference.friendlyName)
    writer.add("status", text: conference.status)
    writer.add("participants", number: count)
    writer.add("date_created", text: conference.dateCreated?.rfc3339)
    return writer.finishedLine()
  }

  static func table(
    _ conferences: [Conference], _ counts: [ConferenceSID: Int], zone: LocalZone = .system
  ) -> Table {
    // A sid is never truncated, because users copy it.
    var table = Table([
      Table.Column("NAME", minimum: (16, 8)), Table.Column("STATUS", omission: 1), Table.Column("PEOPLE"),
      Table.Column("SINCE", omission: 2), Table.Column("CONFERENCE"),
    ])
    for conference in conferences {
      table.append([
        StyledText(NameBook.cut(conference.friendlyName)), StyledText(conference.status),
        StyledText(counts[conference.sid].map { "\($0)" } ?? ""),
        StyledText(conference.dateCreated.map { "\(zone.day($0)) \(zone.time($0))" } ?? "", .faint),
        StyledText(conference.sid.text, .faint),
      ])
    }
    return table
  }
}
