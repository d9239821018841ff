package import RollcallCore

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
