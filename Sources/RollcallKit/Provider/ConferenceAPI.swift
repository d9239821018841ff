package import RollcallCore

/// The part of the providers' API that rollcall reads. A dialect handles the differences between providers.
///
/// The token is sent to one origin only, because only the query of the provider's links is used.
package struct ConferenceAPI: Sendable {
  package let space: Space
  let dialect: any ProviderDialect
  private var transport: any HTTPTransport
  /// Called for what a reply demands of all requests without its failure being thrown: after the last request of a rate
  /// limit, and for a failed confirmation or call look-up.
  private(set) var onDemand: @Sendable (OriginGovernor.Demand) async -> Void = { _ in }
  /// Whether sids and telephone numbers are left out of the provider's error messages.
  private var hidesIdentifiers = false
  /// The token, whose value is read for each request so that it can be renewed during a watch.
  let token: CurrentToken

  package init(transport: any HTTPTransport, space: Space, token: CurrentToken) {
    self.transport = transport
    self.space = space
    self.token = token
    dialect = space.provider.dialect
  }

  /// - Parameter provider: the provider; nil for the one that the origin belongs to.
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

  /// Returns a copy that reports what its replies demand of all requests.
  func reportingDemands(_ onDemand: @escaping @Sendable (OriginGovernor.Demand) async -> Void) -> ConferenceAPI {
    var api = self
    api.onDemand = onDemand
    return api
  }

  /// Returns a copy that leaves identifiers out of the provider's error messages, for redacted streams.
  func hidingIdentifiers(_ hides: Bool) -> ConferenceAPI {
    var api = self
    api.hidesIdentifiers = hides
    return api
  }

  /// Returns a copy with another transport, made from the current one.
  func withTransport(_ change: (any HTTPTransport) -> any HTTPTransport) -> ConferenceAPI {
    var api = self
    api.transport = change(transport)
    return api
  }

  /// Returns one page of a conference's participants.
  ///
  /// Over TLS the reply may be compressed. If the old page has an `ETag`, the request is conditional on a change.
  ///
  /// - Parameters:
  ///   - query: the query, usually of the previous page's link; nil for the first page of the whole list.
  ///   - old: the page at the same position in the last complete scan.
  ///   - isConditional: whether the provider's `ETag` may be trusted.
  /// - Throws: ``ScanFailure`` for anything but a valid page.
  package func page(
    of conference: ConferenceSID, query: String?, comparedWith old: Page?, isConditional: Bool = false,
    reader: inout PageReader
  ) async throws(ScanFailure) -> PageReply {
    let path = participantsPath(conference)
    let query = query ?? dialect.participantsQuery
    let kept = old?.validators.flatMap { $0.query == query ? $0 : nil }
    let etag = isConditional ? kept?.etag : nil
    var request = request(path, query: query, limits: .list)
    request.expected = old?.bytes
    request.acceptsGzip = space.isEncrypted
    request.expectedGzip = kept?.gzip
    if let etag { request.headers.append(HTTPRequest.Header("If-None-Match", etag)) }
    let response = try await send(request)
    if response.status == 304, etag != nil, let old {
      return PageReply(.unchanged, next: try next(old.nextPageURI, path), date: response.date)
    }
    if let failure = failure(response, query: query) { throw failure }
    let validators = PageValidators(
      query: query, etag: response.headers["etag"].flatMap(EntityTag.usable), gzip: response.gzip)
    switch response.body {
    case .asExpected:
      guard let old else { throw .malformed(reason: "the reply equals an expected page, but none was expected") }
      return PageReply(
        .unchanged, next: try next(old.nextPageURI, path), date: response.date, validators: validators)
    case .bytes(let bytes):
      let (page, delta) = try read(bytes, conference, old, &reader)
      let hasSameTag = validators.etag.map { $0 == kept?.etag } ?? false
      return PageReply(
        .page(page, delta), next: try next(page.nextPageURI, path), date: response.date, validators: validators,
        contradictsETag: hasSameTag && old?.bytes.bytes.elementsEqual(bytes.bytes) == false)
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

  /// Returns the query of a link; nil if there is no link.
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

  /// - Parameter path: the path without the provider's suffix for requests.
  func send(_ path: String, query: String? = nil, limits: HTTPLimits) async throws(ScanFailure) -> HTTPResponse {
    try await send(request(path, query: query, limits: limits))
  }

  private func request(_ path: String, query: String?, limits: HTTPLimits) -> HTTPRequest {
    let suffix = query.map { $0.isEmpty ? "" : "?\($0)" } ?? ""
    return HTTPRequest(
      url: Secret("\(space.origin)\(path)\(space.pathSuffix)\(suffix)"), headers: headers(), limits: limits)
  }

  private func send(_ request: HTTPRequest) async throws(ScanFailure) -> HTTPResponse {
    do throws(HTTPFailure) {
      let response = try await transport.send(request)
      if let wait = ReplyJudgement.limitReset(response, dialect) { await onDemand(.limitReached(resetAfter: wait)) }
      return response
    } catch {
      throw ReplyJudgement.failure(error)
    }
  }

  /// Returns the failure that a reply means; nil if its body should be read.
  ///
  /// - Parameter query: the query of the request.
  func failure(_ response: HTTPResponse, query: String? = nil) -> ScanFailure? {
    let failure = ReplyJudgement.failure(
      response, dialect, sentToken: query.map(NextPageLink.hasToken) ?? false, hiding: secrets)
    return hidesIdentifiers ? failure?.withoutIdentifiers : failure
  }

  /// The secrets that a reply might repeat.
  private var secrets: [Secret] { [token.value, token.authorization(for: space, dialect)] }

  private func headers() -> [HTTPRequest.Header] {
    [
      HTTPRequest.Header("Authorization", token.authorization(for: space, dialect)),
      HTTPRequest.Header("User-Agent", "rollcall/\(RollcallVersion.number)"),
      HTTPRequest.Header("Accept", "application/json"),
    ]
  }
}

// MARK: Participant lists

extension ConferenceAPI {
  /// Returns one page of a list, filtered and paged by the caller.
  package func list(
    _ conference: ConferenceSID, query: ParticipantListQuery
  ) async throws(ScanFailure) -> PageReply {
    var reader = PageReader()
    // An empty query leaves the page size to the provider.
    return try await page(of: conference, query: query.text ?? "", comparedWith: nil, reader: &reader)
  }

  /// Returns the number of participants in the room of a conference.
  package func countOfPeople(in conference: ConferenceSID) async throws(ScanFailure) -> Int {
    try await people(in: conference, query: .everybody).countInRoom
  }

  /// Returns all participants of a filtered list, reading all its pages by the rules and limits of a scan.
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

// MARK: Probe

extension ConferenceAPI {
  private static let probeQuery = "PageSize=1"

  /// Requests one conference of any status, to check the connection and the credentials.
  ///
  /// - Returns: the time in the reply's `Date` header; nil if there is none.
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

// MARK: Single participants, calls and conferences

extension ConferenceAPI {
  /// Asks whether a participant who is not listed has really left.
  package func participant(_ call: CallSID, in conference: ConferenceSID) async -> ParticipantReply {
    let path = "\(participantsPath(conference))/\(PercentEncoding.segment(call.text))"
    guard let response = await ask(path) else { return .unclear }
    if ReplyJudgement.isNotFound(response) { return .notFound }
    if ReplyJudgement.failure(response, dialect)?.isRefusal == true { return .refused }
    guard response.status == 200, let found = row(response, conference), found.callSID == call else { return .unclear }
    return .found(found)
  }

  /// Reads a single participant by the same rules as a row of a page.
  private func row(_ response: HTTPResponse, _ conference: ConferenceSID) -> ParticipantRow? {
    // Must be exactly one object, because other bytes could end the array and begin something else.
    guard ReplyJudgement.json(response)?.asObject != nil, case .bytes(let body) = response.body else { return nil }
    var reader = PageReader()
    let page = PaddedBytes(Array(#"{"participants":["#.utf8) + body.bytes + Array("]}".utf8))
    guard let read = try? reader.read(page, conference: conference), read.rows.count == 1 else { return nil }
    return read.participant(0)
  }

  /// Looks up a participant's call. A reply about another call is ignored.
  package func call(_ call: CallSID) async -> CallReply {
    guard let response = await ask("\(space.callsPath)/\(PercentEncoding.segment(call.text))") else { return .unclear }
    if ReplyJudgement.isNotFound(response) { return dialect.knowsCallsLate ? .unclear : .notFound }
    if failure(response)?.isRefusal == true { return .refused }
    guard response.status == 200, let found = ReplyJudgement.json(response),
      found["sid"]?.asText.flatMap(CallSID.init) == call
    else { return .unclear }
    return .found(CallDetails(found))
  }

  /// Asks whether a conference is running.
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

  /// Returns the reply, whatever its status; nil if there is none.
  private func ask(_ path: String) async -> HTTPResponse? {
    guard let response = try? await send(path, limits: .single) else { return nil }
    if let failure = failure(response), failure.concernsOrigin { await onDemand(.failure(failure)) }
    return response
  }

  /// Returns a conference with its name.
  ///
  /// - Throws: ``ScanFailure/notFound`` for any 404, ``ScanFailure/malformed(reason:)`` if the reply describes
  ///   another one.
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
  /// Whether all requests to the origin must pause.
  fileprivate var concernsOrigin: Bool {
    if case .throttled = kind { return true }
    return retryAfter != nil
  }
}
