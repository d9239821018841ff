import RollcallCore
import RollcallServer

/// Twilio: sids of 34 characters, `.json` or XML, `label`, and rows of those who are still being called.
struct TwilioSpace: SpaceDialect {
  let basePath = "/2010-04-01"
  let filtersByCoaching = true
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
    // What is known of Twilio's answers to tokens that it does not take.
    if error == .badToken { error = .pageWithoutToken }
    var reply = plainError(error, moreInfo: "https://www.twilio.com/docs/errors/\(error.code)")
    if error.status == 401 { reply.headers.append(.init("WWW-Authenticate", "Basic realm=\"Twilio API\"")) }
    return reply
  }
}
