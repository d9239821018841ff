package import RollcallCore

/// What happened and what somebody can do about it, in one line without secrets.
package enum APIErrorText {
  package static func advice(for failure: ScanFailure, of provider: Provider) -> String {
    "\(failure.textOfConference); \(failure.remedy ?? provider.dialect.remedy(for: failure) ?? remedy(for: failure))"
  }

  private static func remedy(for failure: ScanFailure) -> String {
    switch failure.kind {
    case .unauthorised: "check the token and the project id"
    case .forbidden: "check what the token may read, and whether the account is active"
    case .notFound: "check the conference sid, the project id and the space"
    case .unavailable(status: 405, _): "give a conference sid, not a name, a call or a room"
    case .throttled(let wait): "poll less often or watch fewer conferences\(again(after: wait))"
    case .unavailable(status: 400, _), .unavailable(status: 422, _):
      "check the page, which needs its token, and the filters"
    case .unavailable(status: 300..<400, _): "check the space's host name; redirects are never followed"
    case .unavailable(_, let wait): "try again\(wait.map { " in \($0.components.seconds) s" } ?? " later")"
    case .unreachable: "check the space's host name, the network and the proxy"
    case .malformed: "check that the space is the provider's, and that nothing on the way changes its replies"
    case .invalidPageToken: "begin again with the first page"
    }
  }

  private static func again(after wait: Duration?) -> String {
    wait.map { "; try again in \($0.components.seconds) s" } ?? ""
  }
}
