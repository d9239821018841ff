import RollcallCore
import RollcallServer

/// A space of SignalWire: UUIDs, thirteen fields, and two prefixes of paths, with and without `.json`.
struct SignalWireSpace: SpaceDialect {
  /// What the provider's older clients leave out.
  private static let prefix = "/api/laml"

  let basePath = "/api/laml/2010-04-01"
  let linkSuffix = ""
  let countsRows = false
  /// Whom the API calls is there at once: the provider documents no such call.
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
