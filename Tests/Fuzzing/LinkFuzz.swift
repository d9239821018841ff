import FuzzOracles
import RollcallCore

@testable import RollcallKit

/// Whatever a link contains, the request that follows it goes only to the list that was requested, with the token.
enum LinkFuzz {
  /// Sends nothing.
  private struct NoTransport: HTTPTransport {
    func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
      throw HTTPFailure(.unreachable, "nothing is sent")
    }
  }

  private static let spaces = [
    ("https://example.signalwire.com", "0a1b-2c3d"), ("http://127.0.0.1:8080", "p"), ("https://[::1]:8443", "a:b"),
  ].map { ConferenceAPI(transport: NoTransport(), origin: $0.0, project: $0.1, token: Secret("token")) }
  private static let conferences = ["9c8b7a", "CF:1", "a.b_c-d"].compactMap(ConferenceSID.init)

  static func check(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let choice = input.byte()
    let api = spaces[Int(choice & 15) % spaces.count]
    let path = api.participantsPath(conferences[Int(choice >> 4) % conferences.count])
    let link = String(decoding: input.remainder(), as: UTF8.self)
    check(link, api, path)
    // The same text as the query of a valid link, so that more inputs get that far.
    check("\(path)?\(link)", api, path)
    check("\(api.space.origin)\(path.dropFirst("/api/laml".count)).json?\(link)", api, path)
  }

  private static func check(_ link: String, _ api: ConferenceAPI, _ path: String) {
    let query: String
    do throws(ScanFailure) {
      guard let found = try api.next(link, path) else { fatalError("the link was ignored: \(link)") }
      query = found
    } catch {
      require(isPlain(link, api, path) == false, "a valid link was rejected: \(link)")
      return
    }
    require(!query.isEmpty, "the query is empty, so it leads to the first page: \(link)")
    require(query.utf8.allSatisfy(isQueryByte), "the query contains an invalid character: \(query.debugDescription)")
    require(!hidesControl(query), "the query contains an encoded control character: \(query)")
    checkURL("\(api.space.origin)\(path)?\(query)", api.space.origin, path, query)
    checkOrigin(of: link, api.space.origin, path, query)
    require(query.contains(NextPageLink.token(of: query)), "the page token is not part of the query \(query)")
  }

  /// Checks the request with an independent parser of URLs.
  private static func checkURL(_ url: String, _ origin: String, _ path: String, _ query: String) {
    let parts = PlainURL(url)
    require(parts.scheme.map { "\($0)://\(parts.authority ?? "")" } == origin, "\(url) leaves the origin")
    require(parts.path == path, "\(url) leaves the list")
    require(parts.query == query, "\(url) has another query")
    require(parts.fragment == nil, "\(url) has a fragment")
  }

  /// Checks that a link which was followed names our own origin and path. Only its query is used, but a link that leads
  /// elsewhere must not be followed at all.
  private static func checkOrigin(of link: String, _ origin: String, _ path: String, _ query: String) {
    let parts = PlainURL(link)
    let own = PlainURL(origin)
    if let scheme = parts.scheme { require(scheme.lowercased() == own.scheme, "\(link) has another scheme") }
    require((parts.scheme == nil) == (parts.authority == nil), "\(link) has only one of scheme and host")
    if let authority = parts.authority { require(authority.lowercased() == own.authority, "\(link) leaves the origin") }
    require(parts.query == query, "\(link) was followed with another query: \(query)")
    let short = path.dropFirst("/api/laml".count)
    let decoded = PlainURL.decoded(parts.path)
    require([path, path + ".json", String(short), short + ".json"].contains(decoded), "\(link) leaves the list")
  }

  /// Whether a link is so plain that it must be followed.
  private static func isPlain(_ link: String, _ api: ConferenceAPI, _ path: String) -> Bool {
    let plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~=&"
    guard link.utf8.count <= NextPageLink.maximumLength, link.hasPrefix("\(path)?") else { return false }
    let query = link.utf8.dropFirst(path.utf8.count + 1)
    return !query.isEmpty && query.allSatisfy { plain.utf8.contains($0) }
  }

  private static func isQueryByte(_ byte: UInt8) -> Bool {
    // The characters of RFC 3986 section 3.4; any other would end the query or the request line.
    byte > 0x20 && byte < 0x7F && !#""<>\^`{|}#[]"#.utf8.contains(byte)
  }

  private static func hidesControl(_ query: String) -> Bool {
    PlainURL.decoded(query).unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
  }
}
