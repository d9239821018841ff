import RollcallCore
import RollcallServer

/// What the providers' services do differently.
protocol SpaceDialect: Sendable {
  /// What the paths of links and `uri` fields begin with, before `/Accounts/…`.
  var basePath: String { get }
  /// What the paths of links end with.
  var linkSuffix: String { get }
  /// What a path must end with to be answered in JSON; empty where all are.
  var requiredSuffix: String { get }
  /// Rows of a page where nobody asks for a number.
  var pageSize: Int { get }
  /// Whether lists say which rows a page shows, as `start` and `end`.
  var countsRows: Bool { get }
  var linksBack: Bool { get }
  /// Whether lists of participants take `Coaching`.
  var filtersByCoaching: Bool { get }
  /// How long somebody whom the API calls is listed before they answer, in milliseconds.
  var ringing: Int64 { get }
  /// The direction of a call that the API has made.
  var outbound: String { get }
  /// What precedes credentials in the `Authorization` header.
  var scheme: String { get }

  /// A path from `/Accounts` on; nil where nothing is served under its beginning.
  func local(_ path: Substring) -> Substring?
  func account(_ random: inout SplitMix64) -> (id: String, token: String)
  func conferenceSID(_ random: inout SplitMix64) -> String
  func callSID(_ random: inout SplitMix64) -> String
  /// - Parameter prefix: `PA` for pages onwards, `PB` for pages backwards.
  func pageToken(_ prefix: String, _ random: inout SplitMix64) -> String
  /// Whether a text could be the sid of a conference at all.
  func isConferenceSID(_ text: String) -> Bool
  func status(_ stage: SimulatedPerson.Stage) -> String
  func write(_ person: SimulatedPerson, of room: SimulatedRoom, by writer: RowWriter, into output: inout JSONOutput)
  /// What a conference has beside the members that all providers know.
  func writeMore(of room: SimulatedRoom, by writer: RowWriter, into output: inout JSONOutput)
  func reply(to error: APIError) -> ServerReply
}

extension SpaceDialect {
  var requiredSuffix: String { "" }
  var pageSize: Int { 50 }
  var countsRows: Bool { true }
  var linksBack: Bool { true }
  var filtersByCoaching: Bool { false }
  var scheme: String { "Basic" }
  var outbound: String { "outbound-api" }

  /// The status of a call, which all providers call alike.
  func callStatus(_ stage: SimulatedPerson.Stage) -> String {
    switch stage {
    case .queued: "queued"
    case .ringing: "ringing"
    case .connected: "in-progress"
    case .finished: "completed"
    }
  }

  func local(_ path: Substring) -> Substring? {
    guard path.hasPrefix(basePath + "/") else { return nil }
    return path.dropFirst(basePath.count)
  }

  func isConferenceSID(_ text: String) -> Bool { true }

  /// `{code, message, more_info, status}`.
  func plainError(_ error: APIError, moreInfo: String) -> ServerReply {
    let body = JSONOutput.document { output in
      output.object { output in
        output.member("code", error.code)
        output.member("message", error.message)
        output.member("more_info", moreInfo)
        output.member("status", error.status)
      }
    }
    return .json(body, status: error.status)
  }
}
