package import RollcallCore

/// Reads conferences and participants of one SignalWire account.
package struct SignalWireAPI: Sendable {
  private static let root = "/api/laml/2010-04-01"
  /// The provider's code for a page token that it no longer knows.
  private static let invalidPageToken = 21481

  private let transport: any HTTPTransport
  private let origin: String
  private let account: String
  private let authorization: Secret
  private let now: @Sendable () -> Timestamp

  /// - Parameters:
  ///   - origin: scheme, host and port, without a slash at the end.
  ///   - now: the wall clock, for `Retry-After` dates.
  package init(
    transport: any HTTPTransport, origin: String, project: String, token: Secret,
    now: @escaping @Sendable () -> Timestamp
  ) {
    self.transport = transport
    self.origin = origin
    account = "/Accounts/" + PercentEncoding.encode(project)
    authorization = Secret("Basic " + Base64.encode(Array("\(project):\(token.reveal())".utf8)))
    self.now = now
  }

  /// Fetches one page of a conference's participants.
  ///
  /// - Parameters:
  ///   - query: a query that ``PageReply/next`` gave; nil asks for the first page.
  ///   - old: the page to compare with while the new one arrives.
  package func page(
    of conference: ConferenceSID, query: String?, comparedWith old: Page?, reader: inout PageReader
  ) async throws(ScanFailure) -> PageReply {
    let path = participants(of: conference)
    let response = try await get(
      path, query: query ?? ParticipantListQuery.everything.text, limits: .list, expected: old?.bytes)
    switch response.body {
    case .asExpected:
      guard let old else { throw .malformed(reason: "a reply is said to be as expected, but none was") }
      return PageReply(.unchanged, next: try next(old.nextPageURI, path))
    case .bytes(let bytes):
      let (page, delta) = try Self.read(bytes, conference, since: old, &reader)
      return PageReply(.page(page, delta), next: try next(page.nextPageURI, path))
    }
  }

  /// Fetches one page of a list that may be filtered, for showing it.
  package func list(
    _ conference: ConferenceSID, _ query: ParticipantListQuery
  ) async throws(ScanFailure) -> [ListedParticipant] {
    let response = try await get(participants(of: conference), query: query.text, limits: .list, expected: nil)
    guard case .bytes(let bytes) = response.body else { return [] }
    var reader = PageReader()
    let (page, _) = try Self.read(bytes, conference, since: nil, &reader)
    return page.rows.indices.map { page.participant($0) }
  }

  /// Asks for somebody who is missing from the list.
  package func participant(_ call: CallSID, in conference: ConferenceSID) async -> ParticipantReply {
    let path = participants(of: conference) + "/" + PercentEncoding.encode(call.text)
    guard let response = await single(path), case .bytes(let bytes) = response.body else { return .unclear }
    if response.status == 404 { return Self.isError(bytes) ? .notFound : .unclear }
    guard response.status == 200 else { return .unclear }
    var reader = PageReader()
    let wrapped = PaddedBytes(Array("{\"participants\":[".utf8) + Array(bytes.bytes) + Array("]}".utf8))
    do throws(PageError) {
      let page = try reader.read(wrapped, conference: conference)
      guard page.rows.count == 1, page.callSID(of: 0) == call else { return .unclear }
      return .found(page.participant(0))
    } catch {
      return .unclear
    }
  }

  /// Asks whether a conference runs.
  package func conference(_ conference: ConferenceSID) async -> ConferenceReply {
    let path = account + "/Conferences/" + PercentEncoding.encode(conference.text)
    guard let response = await single(path), case .bytes(let bytes) = response.body else { return .unclear }
    if response.status == 404 { return Self.isError(bytes) ? .notFound : .unclear }
    guard response.status == 200, let json = Self.json(bytes), json["sid"]?.asText == conference.text else {
      return .unclear
    }
    switch json["status"]?.asText {
    case "completed": return .completed
    case "in-progress", "init": return .running
    default: return .unclear
    }
  }

  private func participants(of conference: ConferenceSID) -> String {
    account + "/Conferences/" + PercentEncoding.encode(conference.text) + "/Participants"
  }

  private func next(_ link: String?, _ path: String) throws(ScanFailure) -> String? {
    guard let link else { return nil }
    do throws(NextPageLink.Refusal) {
      return try NextPageLink.query(of: link, origin: origin, path: path)
    } catch {
      throw .malformed(reason: error.reason)
    }
  }

  private static func read(
    _ bytes: PaddedBytes, _ conference: ConferenceSID, since old: Page?, _ reader: inout PageReader
  ) throws(ScanFailure) -> (Page, PageDelta?) {
    do throws(PageError) {
      guard let old else { return (try reader.read(bytes, conference: conference), nil) }
      return try reader.read(bytes, conference: conference, since: old)
    } catch {
      throw .malformed(reason: error.description)
    }
  }

  private func request(_ path: String, query: String, limits: HTTPLimits, expected: PaddedBytes?) -> HTTPRequest {
    let target = origin + Self.root + path + (query.isEmpty ? "" : "?" + query)
    return HTTPRequest(
      url: Secret(target),
      headers: [
        HTTPRequest.Header("Authorization", authorization), HTTPRequest.Header("Accept", "application/json"),
        HTTPRequest.Header("User-Agent", "rollcall/" + RollcallVersion.number),
      ], limits: limits, expected: expected)
  }

  /// A single resource; nil where no reply came that may be believed.
  private func single(_ path: String) async -> HTTPResponse? {
    do throws(HTTPFailure) {
      let response = try await transport.send(request(path, query: "", limits: .single, expected: nil))
      return Self.isEncoded(response) ? nil : response
    } catch {
      return nil
    }
  }

  private func get(
    _ path: String, query: String, limits: HTTPLimits, expected: PaddedBytes?
  ) async throws(ScanFailure) -> HTTPResponse {
    let response: HTTPResponse
    do throws(HTTPFailure) {
      response = try await transport.send(request(path, query: query, limits: limits, expected: expected))
    } catch {
      throw Self.failure(error)
    }
    if let failure = failure(of: response) { throw failure }
    if Self.isEncoded(response) { throw .malformed(reason: "the reply is compressed, which was not asked for") }
    return response
  }

  private static func failure(_ failure: HTTPFailure) -> ScanFailure {
    switch failure.kind {
    case .tooLarge, .malformed: .malformed(reason: failure.reason)
    case .unreachable, .timedOut, .untrusted, .cancelled: .unreachable(reason: failure.reason)
    }
  }

  private func failure(of response: HTTPResponse) -> ScanFailure? {
    let retryAfter = response.headers["retry-after"].flatMap { RetryAfter.parse($0, now: now()) }
    switch response.status {
    case 200: return nil
    case 401, 403: return .unauthorised
    case 404: return .notFound
    case 429: return .throttled(retryAfter: retryAfter)
    case 400, 422:
      if case .bytes(let bytes) = response.body, Self.code(of: bytes) == Self.invalidPageToken {
        return .invalidPageToken
      }
      return .unavailable(status: response.status, retryAfter: retryAfter)
    default: return .unavailable(status: response.status, retryAfter: retryAfter)
    }
  }

  private static func isEncoded(_ response: HTTPResponse) -> Bool {
    guard let encoding = response.headers["content-encoding"] else { return false }
    return encoding != "identity"
  }

  private static func json(_ bytes: PaddedBytes) -> JSONValue? {
    do throws(JSONError) { return try JSONReader.read(bytes) } catch { return nil }
  }

  /// Whether a body is an error in one of the provider's shapes, rather than a page of some proxy.
  private static func isError(_ bytes: PaddedBytes) -> Bool {
    guard let json = json(bytes), json.asObject != nil else { return false }
    return ["code", "message", "status", "errors"].contains { json[$0] != nil }
  }

  private static func code(of bytes: PaddedBytes) -> Int? {
    guard let code = json(bytes)?["code"] else { return nil }
    return code.asInteger.map(Int.init) ?? code.asText.flatMap { Int($0) }
  }
}
