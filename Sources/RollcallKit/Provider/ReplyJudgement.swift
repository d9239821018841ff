package import RollcallCore

/// Classifies replies that are not a page.
enum ReplyJudgement {
  /// Returns the failure that a reply means; nil if its body should be read.
  ///
  /// - Parameters:
  ///   - sentToken: whether the request had a page token, so that the provider may have refused the token.
  ///   - secrets: secrets that the reply's text may repeat.
  static func failure(
    _ response: HTTPResponse, _ dialect: any ProviderDialect, sentToken: Bool = false, hiding secrets: [Secret] = []
  ) -> ScanFailure? {
    guard let kind = kind(response, dialect, sentToken) else { return nil }
    return ScanFailure(kind, said: response.status == 200 ? nil : ProviderWords.of(response, hiding: secrets))
  }

  private static func kind(
    _ response: HTTPResponse, _ dialect: any ProviderDialect, _ sentToken: Bool
  ) -> ScanFailure.Kind? {
    switch response.status {
    case 200: isEncoded(response) ? .malformed(reason: "the reply is compressed, which was not requested") : nil
    // The caller handles 304 replies to conditional requests.
    case 304: .malformed(reason: "a 304 reply to an unconditional request")
    case 401: .unauthorised
    case 403: .forbidden
    case 429: .throttled(retryAfter: retryAfter(response) ?? pause(response, dialect))
    // The status that comes with such a code is not documented.
    case 400..<500 where sentToken && code(response).map(dialect.lostTokenCodes.contains) == true: .invalidPageToken
    case 404: .notFound
    default: .unavailable(status: response.status, retryAfter: retryAfter(response))
    }
  }

  static func failure(_ failure: HTTPFailure) -> ScanFailure {
    let kind: ScanFailure.Kind =
      switch failure.kind {
      case .tooLarge, .malformed: .malformed(reason: failure.reason)
      case .unreachable, .timedOut, .untrusted, .cancelled: .unreachable(reason: failure.reason)
      }
    return ScanFailure(kind, remedy: failure.remedy)
  }

  /// Returns the body as JSON; nil if it is not JSON or is compressed.
  static func json(_ response: HTTPResponse) -> JSONValue? {
    guard !isEncoded(response), case .bytes(let bytes) = response.body else { return nil }
    return try? JSONReader.read(bytes)
  }

  /// Whether a 404 comes from the provider itself, not from a proxy or another server in between.
  static func isNotFound(_ response: HTTPResponse) -> Bool {
    guard response.status == 404, let value = json(response) else { return false }
    return ["code", "message", "status", "errors"].contains { value[$0] != nil }
  }

  private static func code(_ response: HTTPResponse) -> Int64? {
    json(response).flatMap(ProviderWords.code).flatMap { Int64($0) }
  }

  private static func isEncoded(_ response: HTTPResponse) -> Bool {
    guard let encoding = response.headers["content-encoding"] else { return false }
    return !encoding.isEmpty && encoding.lowercased() != "identity"
  }

  /// Returns the time until the rate limit is reset if the reply, whatever its status, says that it is used up.
  static func limitReset(_ response: HTTPResponse, _ dialect: any ProviderDialect) -> Duration? {
    response.headers["x-ratelimit-remaining"] == "0" ? pause(response, dialect) : nil
  }

  /// Returns the pause in the provider's own header: Telnyx throttles without `Retry-After`.
  private static func pause(_ response: HTTPResponse, _ dialect: any ProviderDialect) -> Duration? {
    dialect.pauseHeader.flatMap { response.headers[$0] }.flatMap { RetryAfter.parse($0, now: nil) }
  }

  /// Returns the pause in `Retry-After`. A date is compared with the reply's own `Date`, so the clocks need not agree.
  private static func retryAfter(_ response: HTTPResponse) -> Duration? {
    response.headers["retry-after"].flatMap { RetryAfter.parse($0, now: response.date) }
  }
}

extension HTTPResponse {
  /// The time in the sender's `Date` header, in whole seconds; nil if there is none.
  var date: Timestamp? {
    headers["date"].flatMap { RFC2822Date.seconds(Array($0.utf8)[...]) }.map { Timestamp(milliseconds: $0 * 1000) }
  }
}

/// What a failed request asked for, which decides what can be done about the failure.
package enum RequestedResource: CaseIterable, Sendable {
  /// The account's conferences.
  case conferences
  /// A conference or all of its participants.
  case conference
  /// A page or a part of a conference's participants, chosen by the user.
  case chosenPage
}

/// Describes a failure and its remedy in one line without secrets.
package enum APIErrorText {
  package static func advice(
    for failure: ScanFailure, about resource: RequestedResource, of provider: Provider
  ) -> String {
    let text = resource == .conferences ? failure.text : failure.textOfConference
    let remedy =
      failure.remedy ?? provider.dialect.remedy(for: failure, about: resource) ?? remedy(for: failure, about: resource)
    return "\(text); \(remedy)"
  }

  private static func remedy(for failure: ScanFailure, about resource: RequestedResource) -> String {
    switch failure.kind {
    case .unauthorised: "check the token and the project id"
    case .forbidden: "check what the token may read, and whether the account is active"
    case .notFound where resource == .conferences: "check the project id and the space"
    case .notFound: "check the conference sid (rollcall conferences shows them), the project id and the space"
    case .unavailable(status: 405, _) where resource == .conferences: "check the space's host name and the provider"
    case .unavailable(status: 405, _): "give a conference sid, not a name, a call or a room"
    case .throttled(let wait): "poll less often or watch fewer conferences\(again(after: wait))"
    case .unavailable(status: 400, _), .unavailable(status: 422, _):
      switch resource {
      case .conferences: "check the project id and the space"
      case .conference: "check the conference sid and the project id"
      case .chosenPage: "check the page and its token, and the filters"
      }
    case .unavailable(status: 300..<400, _): "check the space's host name; redirects are never followed"
    case .unavailable(_, let wait): "try again\(wait.map { " in \($0.components.seconds) s" } ?? " later")"
    case .unreachable: "check the space's host name, the network and the proxy"
    case .malformed: "check that the space belongs to the provider, and that no proxy changes its replies"
    case .invalidPageToken: resource == .chosenPage ? "start again from the first page" : "try again later"
    }
  }

  private static func again(after wait: Duration?) -> String {
    wait.map { "; try again in \($0.components.seconds) s" } ?? ""
  }
}

/// The `ETag` header of a reply (RFC 9110, section 8.8.3).
package enum EntityTag {
  /// The longest tag that is sent back, in bytes. Tags are hashes or version numbers.
  package static let maximumBytes = 512

  /// Returns the tag, weak or strong; nil if it is malformed or too long to use.
  static func usable(_ text: String) -> String? {
    let bytes = text.utf8
    let tag = bytes.starts(with: "W/".utf8) ? bytes.dropFirst(2) : bytes[...]
    guard bytes.count <= maximumBytes, tag.count >= 2, tag.first == UInt8(ascii: "\""), tag.last == UInt8(ascii: "\""),
      tag.dropFirst().dropLast().allSatisfy({ $0 == 0x21 || (0x23...0x7e).contains($0) })
    else { return nil }
    return text
  }
}
