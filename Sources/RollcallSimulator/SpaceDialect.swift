import RollcallCore
import RollcallServer

/// The differences between the providers' services.
protocol SpaceDialect: Sendable {
  /// The beginning of the paths of links and `uri` fields, before `/Accounts/…`.
  var basePath: String { get }
  /// The suffix of the paths of links.
  var linkSuffix: String { get }
  /// The suffix that a path needs for a JSON reply; empty if it needs none.
  var requiredSuffix: String { get }
  /// The default number of rows in a page.
  var pageSize: Int { get }
  /// Whether lists have `start` and `end`, the positions of a page's rows.
  var countsRows: Bool { get }
  /// Whether lists have `previous_page_uri`.
  var linksBack: Bool { get }
  /// Whether lists of participants accept the filter `Coaching`.
  var filtersByCoaching: Bool { get }
  /// The status callbacks that the provider sends.
  var callbackEvents: Set<CallbackEvent> { get }
  /// Whether callbacks have a `SequenceNumber`.
  var numbersCallbacks: Bool { get }
  /// How long a call made by the API is listed before it is answered, in milliseconds.
  var ringing: Int64 { get }
  /// The direction of calls made by the API.
  var outbound: String { get }
  /// The scheme of the `Authorization` header.
  var scheme: String { get }

  /// Returns the part of a path from `/Accounts` on; nil if nothing is served there.
  func local(_ path: Substring) -> Substring?
  func account(_ random: inout SplitMix64) -> (id: String, token: String)
  func conferenceSID(_ random: inout SplitMix64) -> String
  func callSID(_ random: inout SplitMix64) -> String
  /// - Parameter prefix: `PA` for the next page, `PB` for the previous one.
  func pageToken(_ prefix: String, _ random: inout SplitMix64) -> String
  /// Returns whether a text has the form of a conference sid.
  func isConferenceSID(_ text: String) -> Bool
  func status(_ stage: SimulatedPerson.Stage) -> String
  func write(_ person: SimulatedPerson, of room: SimulatedRoom, by writer: RowWriter, into output: inout JSONOutput)
  /// Writes the members of a conference that not all providers have.
  func writeMore(of room: SimulatedRoom, by writer: RowWriter, into output: inout JSONOutput)
  func reply(to error: APIError) -> ServerReply
}

extension SpaceDialect {
  var requiredSuffix: String { "" }
  var pageSize: Int { 50 }
  var countsRows: Bool { true }
  var linksBack: Bool { true }
  var filtersByCoaching: Bool { false }
  var callbackEvents: Set<CallbackEvent> { CallbackEvent.ofSignalWire }
  var numbersCallbacks: Bool { false }
  var scheme: String { "Basic" }
  var outbound: String { "outbound-api" }

  /// Returns the status of a call, for which all providers have the same words.
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

  /// Returns an error as `{code, message, more_info, status}`.
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

/// A space of SignalWire: UUIDs, thirteen fields, and two path prefixes, with and without `.json`.
struct SignalWireSpace: SpaceDialect {
  /// The part of the prefix that the provider's older clients leave out.
  private static let prefix = "/api/laml"

  let basePath = "/api/laml/2010-04-01"
  let linkSuffix = ""
  let countsRows = false
  /// Calls made by the API are in the room at once, because the provider does not document their progress.
  let ringing: Int64 = 0
  let outbound = "outbound"

  func local(_ path: Substring) -> Substring? {
    var path = path
    if path.hasPrefix(Self.prefix + "/") { path = path.dropFirst(Self.prefix.count) }
    // The provider's older client joins its base and a link with two slashes.
    while path.hasPrefix("//") { path = path.dropFirst() }
    if path.hasPrefix(Self.prefix + "/") { path = path.dropFirst(Self.prefix.count) }
    let version = basePath.dropFirst(Self.prefix.count)
    guard path.hasPrefix(version + "/") else { return nil }
    return path.dropFirst(version.count)
  }

  func account(_ random: inout SplitMix64) -> (id: String, token: String) {
    let project = random.uuid()
    return (project, "PT" + (random.uuid() + random.uuid()).filter { $0 != "-" }.prefix(48))
  }

  func conferenceSID(_ random: inout SplitMix64) -> String { random.uuid() }

  func callSID(_ random: inout SplitMix64) -> String { random.uuid() }

  func pageToken(_ prefix: String, _ random: inout SplitMix64) -> String { prefix + random.uuid() }

  func status(_ stage: SimulatedPerson.Stage) -> String {
    switch stage {
    case .queued, .ringing, .connected: "in-progress"
    case .finished: "completed"
    }
  }

  func write(_ person: SimulatedPerson, of room: SimulatedRoom, by writer: RowWriter, into output: inout JSONOutput) {
    output.member("account_sid", writer.project)
    output.member("call_sid", person.callSID)
    output.member("call_sid_to_coach", person.coached, absent: writer.absent)
    output.member("coaching", person.coaching)
    output.member("conference_sid", room.sid)
    writer.writeDates(of: person, into: &output)
    output.member("end_conference_on_exit", person.endsOnExit)
    output.member("hold", person.hold)
    output.member("muted", person.muted)
    output.member("start_conference_on_enter", person.startsOnEnter)
    output.member("status", writer.status(of: person, in: room))
    output.member("uri", writer.uri(of: person, in: room))
  }

  func writeMore(of room: SimulatedRoom, by writer: RowWriter, into output: inout JSONOutput) {
    output.member("api_version", "2010-04-01")
  }

  func reply(to error: APIError) -> ServerReply {
    var reply = plainError(error, moreInfo: "https://signalwire.com/docs/compatibility-api/reference/errors")
    if error.status == 401 { reply.headers.append(.init("WWW-Authenticate", "Basic realm=\"SignalWire\"")) }
    return reply
  }
}

/// A space of Twilio: sids of 34 characters, `.json` or XML, `label`, and rows of calls that are still ringing.
struct TwilioSpace: SpaceDialect {
  let basePath = "/2010-04-01"
  let filtersByCoaching = true
  let callbackEvents = Set(CallbackEvent.allCases)
  let numbersCallbacks = true
  let linkSuffix = ".json"
  let requiredSuffix = ".json"
  let ringing: Int64 = 700

  func account(_ random: inout SplitMix64) -> (id: String, token: String) { (sid("AC", &random), random.hex32()) }

  func conferenceSID(_ random: inout SplitMix64) -> String { sid("CF", &random) }

  func callSID(_ random: inout SplitMix64) -> String { sid("CA", &random) }

  func pageToken(_ prefix: String, _ random: inout SplitMix64) -> String { sid(prefix + "CP", &random) }

  private func sid(_ prefix: String, _ random: inout SplitMix64) -> String { prefix + random.hex32() }

  func isConferenceSID(_ text: String) -> Bool {
    text.hasPrefix("CF") && text.utf8.count == 34 && text.dropFirst(2).allSatisfy(\.isHexDigit)
  }

  func status(_ stage: SimulatedPerson.Stage) -> String {
    switch stage {
    case .queued: "queued"
    case .ringing: "ringing"
    case .connected: "connected"
    case .finished: "complete"
    }
  }

  func write(_ person: SimulatedPerson, of room: SimulatedRoom, by writer: RowWriter, into output: inout JSONOutput) {
    output.member("account_sid", writer.project)
    output.member("call_sid", person.callSID)
    output.member("label", person.label, absent: writer.absent)
    output.member("call_sid_to_coach", person.coached, absent: writer.absent)
    output.member("coaching", person.coaching)
    output.member("conference_sid", room.sid)
    writer.writeDates(of: person, into: &output)
    output.member("end_conference_on_exit", person.endsOnExit)
    output.member("muted", person.muted)
    output.member("hold", person.hold)
    output.member("status", writer.status(of: person, in: room))
    output.member("start_conference_on_enter", person.startsOnEnter)
    output.member("queue_time", nil, absent: writer.absent)
    output.member("uri", writer.uri(of: person, in: room))
  }

  func writeMore(of room: SimulatedRoom, by writer: RowWriter, into output: inout JSONOutput) {
    output.member("api_version", "2010-04-01")
    let reason = room.status == .completed ? "conference-ended-via-api" : nil
    output.member("reason_conference_ended", reason, absent: "null")
    output.member("call_sid_ending_conference", nil, absent: "null")
  }

  func reply(to error: APIError) -> ServerReply {
    var error = error
    // The documented answer of Twilio to a token that it rejects.
    if error == .badToken { error = .pageWithoutToken }
    var reply = plainError(error, moreInfo: "https://www.twilio.com/docs/errors/\(error.code)")
    if error.status == 401 { reply.headers.append(.init("WWW-Authenticate", "Basic realm=\"Twilio API\"")) }
    return reply
  }
}

/// A space of Telnyx's TeXML: an API key, `coaching_call_sid`, opaque page tokens, and errors in an array.
///
/// The error codes other than 10011 are invented, because none are documented for these requests.
struct TelnyxSpace: SpaceDialect {
  let basePath = "/v2/texml"
  let linkSuffix = ".json"
  let pageSize = 20
  let linksBack = false
  let callbackEvents = CallbackEvent.ofTelnyx
  let ringing: Int64 = 700
  let scheme = "Bearer"
  let outbound = "outbound"

  func account(_ random: inout SplitMix64) -> (id: String, token: String) {
    (random.uuid(), "KEY" + random.hex32() + "_" + random.hex32().prefix(22))
  }

  func conferenceSID(_ random: inout SplitMix64) -> String { random.uuid() }

  func callSID(_ random: inout SplitMix64) -> String { "v3:" + random.hex32() + "_" + random.hex32().prefix(20) }

  func pageToken(_ prefix: String, _ random: inout SplitMix64) -> String { "MTY4" + random.hex32().prefix(14) }

  func status(_ stage: SimulatedPerson.Stage) -> String {
    switch stage {
    case .queued, .ringing: "connecting"
    case .connected: "connected"
    case .finished: "completed"
    }
  }

  func write(_ person: SimulatedPerson, of room: SimulatedRoom, by writer: RowWriter, into output: inout JSONOutput) {
    output.member("account_sid", writer.project)
    output.member("api_version", "v2/texml")
    output.member("call_sid", person.callSID)
    output.member("call_sid_legacy", person.callSID)
    output.member("coaching", person.coaching)
    // Absent in the documented example of a participant who is not coaching.
    if let coached = person.coached {
      output.member("coaching_call_sid", coached)
      output.member("coaching_call_sid_legacy", coached)
    }
    output.member("conference_sid", room.sid)
    writer.writeDates(of: person, into: &output)
    output.member("end_conference_on_exit", person.endsOnExit)
    output.member("hold", person.hold)
    output.member("muted", person.muted)
    output.member("status", writer.status(of: person, in: room))
    output.member("uri", writer.uri(of: person, in: room))
  }

  func writeMore(of room: SimulatedRoom, by writer: RowWriter, into output: inout JSONOutput) {
    output.member("api_version", "v2/texml")
    if room.status == .completed { output.member("reason_conference_ended", "conference-ended-via-api") }
  }

  func reply(to error: APIError) -> ServerReply {
    let body = JSONOutput.document { output in
      output.object { output in
        output.key("errors")
        output.array { output in
          output.object { output in
            output.member("code", code(of: error))
            output.member("title", error.message)
            output.member("detail", error.message)
          }
        }
      }
    }
    var reply = ServerReply.json(body, status: error.status)
    if error.status == 429 {
      reply.headers += [
        .init("x-ratelimit-limit", "200"), .init("x-ratelimit-remaining", "0"), .init("x-ratelimit-reset", "1"),
      ]
    }
    return reply
  }

  private func code(of error: APIError) -> String {
    switch error.status {
    case 401: "10009"
    case 404: "10005"
    case 429: "10011"
    default: "10015"
    }
  }
}
