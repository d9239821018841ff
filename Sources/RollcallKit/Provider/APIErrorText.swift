package import RollcallCore

/// What somebody can do about a failure, in one line without secrets.
package enum APIErrorText {
  package static func advice(for failure: ScanFailure, of provider: Provider) -> String {
    provider.dialect.advice(for: failure) ?? advice(for: failure)
  }

  private static func advice(for failure: ScanFailure) -> String {
    switch failure {
    case .unauthorised: "the provider refused the token: check the token and the project id"
    case .notFound: "there is no such conference: check the conference sid, the project id and the space"
    case .unavailable(status: 405, _):
      "the provider does not take this id (405): a conference sid is needed, not a name, a call or a room"
    case .throttled(let wait):
      "the provider throttles: poll less often or watch fewer conferences" + text(of: wait)
    case .unavailable(status: 400, _), .unavailable(status: 422, _):
      "the provider refuses what was asked for: check the page, which needs its token, and the filters"
    case .unavailable(let status, let wait):
      (300..<400).contains(status)
        ? "the provider redirects (\(status)), which is never followed: check the space's host name"
        : "the provider answered \(status)" + text(of: wait)
    case .unreachable(let reason): "\(reason): check the space's host name, the network and the proxy"
    case .malformed(let reason): "the reply cannot be believed: \(reason)"
    case .invalidPageToken: "the provider does not know this page token (any more): begin again with the first page"
    }
  }

  private static func text(of wait: Duration?) -> String {
    wait.map { "; try again in \($0.components.seconds) s" } ?? "; try again later"
  }
}
