package import RollcallCore

/// The part of SignalWire's compatibility API that rollcall reads.
///
/// The token goes to one origin only: of the provider's links nothing but the query is used.
package struct SignalWireAPI: Sendable {
  /// Asked for first; later pages are asked for as the provider links them.
  static let firstQuery = "PageSize=1000"

  package let space: Space
  private var transport: any HTTPTransport
  /// Gets the pauses that replies to questions about one thing ask for; those of lists are thrown.
  private(set) var onPause: @Sendable (ScanFailure) async -> Void = { _ in }
  /// Asked for its value before each request, so that it can be renewed while watching.
  let token: CurrentToken

  package init(transport: any HTTPTransport, origin: String, project: String, token: CurrentToken) {
    self.transport = transport
    self.token = token
    space = Space(origin: origin, project: project)
  }

  package init(transport: any HTTPTransport, origin: String, project: String, token: Secret) {
    self.init(transport: transport, origin: origin, project: project, token: CurrentToken(token))
  }

  /// The same, with somebody who heeds the pauses that any of its replies asks for.
  func heeding(_ onPause: @escaping @Sendable (ScanFailure) async -> Void) -> SignalWireAPI {
    var api = self
    api.onPause = onPause
    return api
  }

  /// The same, with its requests carried by another transport, which is made of this one.
  func carried(by change: (any HTTPTransport) -> any HTTPTransport) -> SignalWireAPI {
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
    let response = try await send(path, query: query ?? Self.firstQuery, limits: .list, expected: old?.bytes)
    if let failure = ReplyJudgement.failure(response) { throw failure }
    switch response.body {
    case .asExpected:
      guard let old else { throw .malformed(reason: "a reply as expected where nothing was") }
      return PageReply(.unchanged, next: try next(old.nextPageURI, path))
    case .bytes(let bytes):
      let (page, delta) = try read(bytes, conference, old, &reader)
      return PageReply(.page(page, delta), next: try next(page.nextPageURI, path))
    }
  }

  /// One page of a list as the caller filters and pages it.
  package func list(
    _ conference: ConferenceSID, query: ParticipantListQuery
  ) async throws(ScanFailure) -> PageReply {
    var reader = PageReader()
    // An empty query asks for the provider's own page size.
    return try await page(of: conference, query: query.text ?? "", comparedWith: nil, reader: &reader)
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

  func send(
    _ path: String, query: String? = nil, limits: HTTPLimits, expected: PaddedBytes? = nil
  ) async throws(ScanFailure) -> HTTPResponse {
    let suffix = query.map { $0.isEmpty ? "" : "?\($0)" } ?? ""
    let request = HTTPRequest(
      url: Secret("\(space.origin)\(path)\(suffix)"), headers: headers(), limits: limits, expected: expected)
    do throws(HTTPFailure) {
      return try await transport.send(request)
    } catch {
      throw ReplyJudgement.failure(error)
    }
  }

  private func headers() -> [HTTPRequest.Header] {
    [
      HTTPRequest.Header("Authorization", Secret("Basic \(token.credentials(of: space.project).reveal())")),
      HTTPRequest.Header("User-Agent", "rollcall/\(RollcallVersion.number)"),
      HTTPRequest.Header("Accept", "application/json"),
    ]
  }
}
