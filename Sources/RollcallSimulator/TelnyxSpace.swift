import RollcallCore
import RollcallServer

/// Telnyx's TeXML: an API key, `coaching_call_sid`, opaque page tokens, and errors in an array.
///
/// The codes of errors other than 10011 are made up: none is documented for these requests.
struct TelnyxSpace: SpaceDialect {
  let basePath = "/v2/texml"
  let linkSuffix = ".json"
  let pageSize = 20
  let linksBack = false
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
    // Absent in the documented example of somebody who does not coach.
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
