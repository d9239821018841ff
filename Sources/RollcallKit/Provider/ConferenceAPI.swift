public import RollcallCore

/// The part of the providers' API that rollcall reads; where they differ, its dialect decides.
///
/// The token goes to one origin only: of the provider's links nothing but the query is used.
package struct ConferenceAPI: Sendable {
  package let space: Space
  let dialect: any ProviderDialect
  private var transport: any HTTPTransport
  /// Gets the pauses that replies to questions about one thing ask for; those of lists are thrown.
  private(set) var onPause: @Sendable (ScanFailure) async -> Void = { _ in }
  /// Asked for its value before each request, so that it can be renewed while watching.
  let token: CurrentToken

  package init(transport: any HTTPTransport, space: Space, token: CurrentToken) {
    self.transport = transport
    self.space = space
    self.token = token
    dialect = space.provider.dialect
  }

  /// - Parameter provider: nil takes the one that the origin belongs to.
  package init(
    transport: any HTTPTransport, origin: String, project: String, provider: Provider? = nil, token: CurrentToken
  ) {
    self.init(
      transport: transport, space: Space(origin: origin, project: project, provider: provider), token: token)
  }

  package init(
    transport: any HTTPTransport, origin: String, project: String, provider: Provider? = nil, token: Secret
  ) {
    self.init(
      transport: transport, origin: origin, project: project, provider: provider, token: CurrentToken(token))
  }

  /// The same, with somebody who heeds the pauses that any of its replies asks for.
  func heeding(_ onPause: @escaping @Sendable (ScanFailure) async -> Void) -> ConferenceAPI {
    var api = self
    api.onPause = onPause
    return api
  }

  /// The same, with its requests carried by another transport, which is made of this one.
  func carried(by change: (any HTTPTransport) -> any HTTPTransport) -> ConferenceAPI {
    var api = self
    api.transport = change(transport)
    return api
  }

  /// One page of a conference's participants.
  ///
  /// - Parameters:
  ///   - query: from the page before; nil asks for the first page.
  ///   - old: the page that stood there in the last complete scan.
  /// - Throws: ``ScanFailure`` for anything but a page that is valid as a whole.
  package func page(
    of conference: ConferenceSID, query: String?, comparedWith old: Page?, reader: inout PageReader
  ) async throws(ScanFailure) -> PageReply {
    let path = participantsPath(conference)
    let response = try await send(path, query: query ?? dialect.participantsQuery, limits: .list, expected: old?.bytes)
    if let failure = failure(response, query: query) { throw failure }
    switch response.body {
    case .asExpected:
      guard let old else { throw .malformed(reason: "a reply as expected where nothing was") }
      return PageReply(.unchanged, next: try next(old.nextPageURI, path), date: response.date)
    case .bytes(let bytes):
      let (page, delta) = try read(bytes, conference, old, &reader)
      return PageReply(.page(page, delta), next: try next(page.nextPageURI, path), date: response.date)
    }
  }

  private func read(
    _ bytes: PaddedBytes, _ conference: ConferenceSID, _ old: Page?, _ reader: inout PageReader
  ) throws(ScanFailure) -> (Page, PageDelta?) {
    do throws(PageError) {
      guard let old else { return (try reader.read(bytes, conference: conference), nil) }
      let (page, delta) = try reader.read(bytes, conference: conference, since: old)
      return (page, delta)
    } catch {
      throw .malformed(reason: error.description)
    }
  }

  /// The query of a linked page; nil where there is no link.
  func next(_ link: String?, _ path: String) throws(ScanFailure) -> String? {
    guard let link else { return nil }
    do throws(LinkRefusal) {
      return try NextPageLink.query(of: link, origin: space.origin, path: path)
    } catch {
      throw .malformed(reason: error.text)
    }
  }

  func conferencePath(_ conference: ConferenceSID) -> String {
    "\(space.conferencesPath)/\(PercentEncoding.segment(conference.text))"
  }

  func participantsPath(_ conference: ConferenceSID) -> String { "\(conferencePath(conference))/Participants" }

  /// - Parameter path: without the suffix that this provider's requests have.
  func send(
    _ path: String, query: String? = nil, limits: HTTPLimits, expected: PaddedBytes? = nil
  ) async throws(ScanFailure) -> HTTPResponse {
    let suffix = query.map { $0.isEmpty ? "" : "?\($0)" } ?? ""
    let request = HTTPRequest(
      url: Secret("\(space.origin)\(path)\(space.pathSuffix)\(suffix)"), headers: headers(), limits: limits,
      expected: expected)
    do throws(HTTPFailure) {
      let response = try await transport.send(request)
      if let pause = ReplyJudgement.pauseAfterLast(response, dialect) { await onPause(pause) }
      return response
    } catch {
      throw ReplyJudgement.failure(error)
    }
  }

  /// The failure that a reply is, or nil where its body is to be read.
  ///
  /// - Parameter query: what was asked with.
  func failure(_ response: HTTPResponse, query: String? = nil) -> ScanFailure? {
    ReplyJudgement.failure(
      response, dialect, sentToken: query.map(NextPageLink.hasToken) ?? false, hiding: secrets)
  }

  /// What must not be shown of a reply that repeats it.
  private var secrets: [Secret] { [token.value, token.authorization(for: space, dialect)] }

  private func headers() -> [HTTPRequest.Header] {
    [
      HTTPRequest.Header("Authorization", token.authorization(for: space, dialect)),
      HTTPRequest.Header("User-Agent", "rollcall/\(RollcallVersion.number)"),
      HTTPRequest.Header("Accept", "application/json"),
    ]
  }
}

/// Lists of participants as somebody asks for them, once.
extension ConferenceAPI {
  /// One page of a list as the caller filters and pages it.
  package func list(
    _ conference: ConferenceSID, query: ParticipantListQuery
  ) async throws(ScanFailure) -> PageReply {
    var reader = PageReader()
    // An empty query asks for the provider's own page size.
    return try await page(of: conference, query: query.text ?? "", comparedWith: nil, reader: &reader)
  }

  /// Everybody in a list as the caller filters it, all pages of it, within the limits of a scan and by its rules.
  package func people(
    in conference: ConferenceSID, query: ParticipantListQuery? = nil
  ) async throws(ScanFailure) -> [ParticipantRow] {
    let first = [dialect.participantsQuery, query?.text ?? ""].filter { !$0.isEmpty }.joined(separator: "&")
    var reader = PageReader()
    var scan = Scan(start: Timestamp(milliseconds: 0))
    var next: String? = first
    while let query = next {
      do throws(ScanFailure) {
        let reply = try await page(of: conference, query: query, comparedWith: nil, reader: &reader)
        next = try scan.take(reply, comparedWith: nil)
      } catch {
        guard error == .invalidPageToken, scan.restart() else { throw error }
        next = first
      }
    }
    return scan.people
  }
}

/// A question that changes nothing and needs nothing but the credentials.
extension ConferenceAPI {
  private static let probeQuery = "PageSize=1"

  /// Asks for one conference of any kind.
  ///
  /// - Returns: the reply's own date; nil where it says none.
  /// - Throws: ``ScanFailure`` for anything but a list of conferences.
  package func probe() async throws(ScanFailure) -> Timestamp? {
    let response = try await send(space.conferencesPath, query: Self.probeQuery, limits: .list)
    if let failure = failure(response) { throw failure }
    guard ReplyJudgement.json(response)?["conferences"]?.asArray != nil else {
      throw .malformed(reason: "the reply has no conferences array")
    }
    return response.date
  }
}

/// Questions about one participant, one call or one conference.
extension ConferenceAPI {
  /// Whether somebody who is not listed is really gone.
  package func participant(_ call: CallSID, in conference: ConferenceSID) async -> ParticipantReply {
    let path = "\(participantsPath(conference))/\(PercentEncoding.segment(call.text))"
    guard let response = await ask(path) else { return .unclear }
    if ReplyJudgement.isNotFound(response) { return .notFound }
    if ReplyJudgement.failure(response, dialect)?.isRefusal == true { return .refused }
    guard response.status == 200, let found = row(response, conference), found.callSID == call else { return .unclear }
    return .found(found)
  }

  /// A single participant is read by the very rules of a row in a page.
  private func row(_ response: HTTPResponse, _ conference: ConferenceSID) -> ParticipantRow? {
    // Only a whole object may go into the page made here: other bytes could end it and begin something else.
    guard ReplyJudgement.json(response)?.asObject != nil, case .bytes(let body) = response.body else { return nil }
    var reader = PageReader()
    let page = PaddedBytes(Array(#"{"participants":["#.utf8) + body.bytes + Array("]}".utf8))
    guard let read = try? reader.read(page, conference: conference), read.rows.count == 1 else { return nil }
    return read.participant(0)
  }

  /// Who calls whom in a participant's call. A reply about another call says nothing.
  package func call(_ call: CallSID) async -> CallReply {
    guard let response = await ask("\(space.callsPath)/\(PercentEncoding.segment(call.text))") else { return .unclear }
    if ReplyJudgement.isNotFound(response) { return dialect.knowsCallsLate ? .unclear : .notFound }
    if failure(response)?.isRefusal == true { return .refused }
    guard response.status == 200, let found = ReplyJudgement.json(response),
      found["sid"]?.asText.flatMap(CallSID.init) == call
    else { return .unclear }
    return .found(CallDetails(found))
  }

  /// Whether a conference runs.
  package func conference(_ sid: ConferenceSID) async -> ConferenceReply {
    guard let response = await ask(conferencePath(sid)) else { return .unclear }
    if ReplyJudgement.isNotFound(response) { return .notFound }
    if ReplyJudgement.failure(response, dialect)?.isRefusal == true { return .refused }
    guard response.status == 200, let value = ReplyJudgement.json(response), let found = Conference(value),
      found.sid == sid
    else { return .unclear }
    return switch found.status {
    case "completed": .completed(ConferenceEnding(value))
    case "in-progress", "init": .running
    default: .unclear
    }
  }

  /// The reply, whatever it says; nil where there is none.
  private func ask(_ path: String) async -> HTTPResponse? {
    guard let response = try? await send(path, limits: .single) else { return nil }
    if let failure = failure(response), failure.concernsOrigin { await onPause(failure) }
    return response
  }

  /// A conference with its name.
  ///
  /// - Throws: ``ScanFailure/notFound`` for any 404, ``ScanFailure/malformed(reason:)`` where another one is described.
  package func details(of sid: ConferenceSID) async throws(ScanFailure) -> Conference {
    let response = try await send(conferencePath(sid), limits: .single)
    if let failure = failure(response) { throw failure }
    guard let found = listed(response, sid) else { throw .malformed(reason: "the reply is not that conference") }
    return found
  }

  private func listed(_ response: HTTPResponse, _ sid: ConferenceSID) -> Conference? {
    guard let found = ReplyJudgement.json(response).flatMap(Conference.init), found.sid == sid else { return nil }
    return found
  }
}

extension ScanFailure {
  /// Whether everybody who asks the origin has to heed it.
  fileprivate var concernsOrigin: Bool {
    if case .throttled = kind { return true }
    return retryAfter != nil
  }
}

/// Which conferences there are.
extension ConferenceAPI {
  /// Pages of one list of conferences at the most.
  package static let maximumConferencePages = 64
  /// Conferences of one list at the most.
  package static let maximumConferences = 20_000

  /// All conferences of the project that have the name and the status, each once, in the provider's order.
  ///
  /// - Parameters:
  ///   - name: the friendly name, exactly; nil for all.
  ///   - status: such as `in-progress`; nil for all.
  /// - Throws: ``ScanFailure``; the list is complete or not given at all.
  package func conferences(
    named name: String? = nil, status: String? = nil
  ) async throws(ScanFailure) -> [Conference] {
    var query = query(name, status)
    var asked: Set<String> = [query]
    var known: Set<ConferenceSID> = []
    var found: [Conference] = []
    var rows = 0
    var isEveryPageShort = true
    for _ in 0..<Self.maximumConferencePages {
      let response = try await send(space.conferencesPath, query: query, limits: .list)
      if let failure = failure(response, query: query) { throw failure }
      let (page, pageSize, next) = try conferencePage(response)
      isEveryPageShort = isEveryPageShort && pageSize.map { page.count < $0 } ?? false
      rows += page.count
      guard rows <= Self.maximumConferences else {
        throw .malformed(reason: "more than \(Self.maximumConferences) conferences")
      }
      let before = found.count
      for conference in page where known.insert(conference.sid).inserted { found.append(conference) }
      guard let next, found.count > before || !isEveryPageShort else { return found }
      guard asked.insert(next).inserted else {
        if isEveryPageShort { return found }
        throw .malformed(reason: "the list repeats a page token")
      }
      query = next
    }
    throw .malformed(reason: "more than \(Self.maximumConferencePages) pages of conferences")
  }

  private func query(_ name: String?, _ status: String?) -> String {
    var parts = [dialect.conferencesQuery]
    if let status { parts.append("Status=\(PercentEncoding.value(status))") }
    if let name { parts.append("FriendlyName=\(PercentEncoding.value(name))") }
    return parts.joined(separator: "&")
  }

  private func conferencePage(
    _ response: HTTPResponse
  ) throws(ScanFailure) -> (rows: [Conference], pageSize: Int64?, next: String?) {
    guard let value = ReplyJudgement.json(response) else { throw .malformed(reason: "the reply is not JSON") }
    guard let array = value["conferences"]?.asArray else {
      throw .malformed(reason: "the reply has no conferences array")
    }
    var rows: [Conference] = []
    rows.reserveCapacity(array.count)
    for element in array {
      guard let row = Conference(element) else { throw .malformed(reason: "a conference without a valid sid") }
      rows.append(row)
    }
    let size = value["page_size"]?.asInteger
    switch value["next_page_uri"] {
    case .none, .null: return (rows, size, nil)
    case .string(let link): return (rows, size, link.isEmpty ? nil : try next(link, space.conferencesPath))
    case .bool, .number, .array, .object: throw .malformed(reason: "next_page_uri is neither a text nor null")
    }
  }
}

/// One conference as the provider lists it.
public struct Conference: Sendable, Equatable {
  public let sid: ConferenceSID
  /// Empty where the provider has none.
  public let friendlyName: String
  /// `init`, `in-progress`, `completed`, or what else the provider says; empty where it says nothing.
  public let status: String

  package init(sid: ConferenceSID, friendlyName: String, status: String) {
    self.sid = sid
    self.friendlyName = friendlyName
    self.status = status
  }

  /// - Returns: nil where the value is no object with a valid sid.
  init?(_ value: JSONValue) {
    guard let sid = value["sid"]?.asText.flatMap(ConferenceSID.init) else { return nil }
    self.init(
      sid: sid, friendlyName: value["friendly_name"]?.asText ?? "", status: value["status"]?.asText ?? "")
  }
}
