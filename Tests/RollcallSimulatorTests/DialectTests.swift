import RollcallServer
import Testing

@testable import RollcallSimulator

@Suite struct `Other providers' spaces` {
  @Test(arguments: SimulatedProvider.allCases)
  func `following next links lists everyone once`(_ provider: SimulatedProvider) throws {
    let space = try TestSpace("busy", provider: provider)
    let all = TestSpace.texts("call_sid", in: space.get("\(space.list)?PageSize=1000"))
    #expect(all.count >= 3)
    #expect(space.walk("\(space.list)?PageSize=2") == all)
    #expect(Set(all).count == all.count)
  }

  @Test(arguments: SimulatedProvider.allCases)
  func `everyone in a room has a call, the same for the same seed, with fictional numbers`(
    _ provider: SimulatedProvider
  ) throws {
    let spaces = try (0..<2).map { _ in try TestSpace("busy", seed: 3, provider: provider) }
    let replies = spaces.map { space in
      TestSpace.texts("call_sid", in: space.get(space.list)).map { space.get(space.call($0)) }
    }
    #expect(replies[0].map(\.text) == replies[1].map(\.text) && replies[0].count >= 3)
    var directions: Set<String> = []
    for reply in replies[0] {
      #expect(reply.status == 200)
      for key in ["from", "to"] {
        let number = try #require(TestSpace.texts(key, in: reply).first)
        #expect(number.hasPrefix("+155501") && number.utf8.count == 9)
      }
      directions.formUnion(TestSpace.texts("direction", in: reply))
    }
    #expect(directions.isSubset(of: ["inbound", provider == .twilio ? "outbound-api" : "outbound"]))
    #expect(spaces[0].get(spaces[0].call("nobody")).status == 404)
  }

  @Test func `Twilio has its own sids, keys and links`() throws {
    let space = try TestSpace("quiet", provider: .twilio)
    let text = space.get("\(space.list)?PageSize=2").text
    let sid = "[0-9a-f]{32}"
    let list = "/2010-04-01/Accounts/AC\(sid)/Conferences/CF\(sid)/Participants.json"
    let row =
      #"\{"account_sid":"AC\#(sid)","call_sid":"CA\#(sid)","label":null,"call_sid_to_coach":null,"coaching":false,"#
      + #""conference_sid":"CF\#(sid)","date_created":"[^"]+","date_updated":"[^"]+","end_conference_on_exit":(true|false),"#
      + #""muted":(true|false),"hold":false,"status":"connected","start_conference_on_enter":true,"queue_time":null,"#
      + #""uri":"[^"]+/Participants/CA\#(sid)\.json"\}"#
    let page =
      #"\{"uri":"\#(list)\?Page=0\\u0026PageSize=2","first_page_uri":"\#(list)\?Page=0\\u0026PageSize=2","#
      + #""next_page_uri":"\#(list)\?Page=1\\u0026PageSize=2\\u0026PageToken=PACP\#(sid)","previous_page_uri":null,"#
      + #""start":0,"end":1,"page":0,"page_size":2,"participants":\[\#(row),\#(row)\]\}"#
    #expect(try Regex(page).wholeMatch(in: text) != nil, "\(text)")
  }

  @Test func `Twilio answers in XML if the suffix is missing`() throws {
    let space = try TestSpace("quiet", provider: .twilio)
    let reply = space.get(String(space.list.dropLast(".json".count)))
    #expect(reply.status == 200)
    #expect(reply.text.hasPrefix("<?xml"))
  }

  @Test(arguments: [
    ("CA00000000000000000000000000000000", 405, 20004), ("room-1", 405, 20004),
    ("CF00000000000000000000000000000000", 404, 20404),
  ])
  func `Twilio rejects ids of another kind`(id: String, status: Int, code: Int) throws {
    let space = try TestSpace("quiet", provider: .twilio)
    for path in ["\(space.base)/\(id).json", "\(space.base)/\(id)/Participants.json"] {
      let reply = space.get(path)
      #expect(reply.status == status)
      #expect(reply.text.hasPrefix("{\"code\":\(code),"))
      #expect(reply.text.contains("https://www.twilio.com/docs/errors/\(code)"))
    }
  }

  @Test func `Telnyx has its own ids, keys and links`() throws {
    let space = try TestSpace("quiet", provider: .telnyx)
    let text = space.get("\(space.list)?PageSize=1").text
    let (uuid, call) = ("[0-9a-f]{8}-[0-9a-f-]{27}", "v3:[0-9a-f]{32}_[0-9a-f]{20}")
    let list = "/v2/texml/Accounts/\(uuid)/Conferences/\(uuid)/Participants.json"
    let row =
      #"\{"account_sid":"\#(uuid)","api_version":"v2/texml","call_sid":"\#(call)","call_sid_legacy":"\#(call)","#
      + #""coaching":false,"conference_sid":"\#(uuid)","date_created":"[^"]+","date_updated":"[^"]+","#
      + #""end_conference_on_exit":true,"hold":false,"muted":false,"status":"connected","#
      + #""uri":"[^"]+/Participants/\#(call)\.json"\}"#
    let page =
      #"\{"uri":"\#(list)\?[^"]+","first_page_uri":"\#(list)\?[^"]+","#
      + #""next_page_uri":"\#(list)\?Page=1\\u0026PageSize=1\\u0026PageToken=MTY4[0-9a-f]{14}","#
      + #""start":0,"end":0,"page":0,"page_size":1,"participants":\[\#(row)\]\}"#
    #expect(try Regex(page).wholeMatch(in: text) != nil, "\(text)")
    #expect(space.get(space.list).text.contains("\"page_size\":20,"))
  }

  @Test func `Telnyx reports errors in an array, and requires a key`() throws {
    let space = try TestSpace("quiet", provider: .telnyx)
    let reply = space.get("\(space.base)/other")
    #expect(reply.status == 404)
    #expect(reply.text.hasPrefix("{\"errors\":[{\"code\":\"10005\",\"title\":\""))
    for authorization in ["Basic \(space.space.token)", "Bearer x", "Bearer"] {
      #expect(space.client.send("GET", space.list, authorization: authorization).status == 401)
    }
  }

  @Test func `a throttled Telnyx says when it will answer again`() throws {
    let space = try TestSpace("throttled", provider: .telnyx)
    let reply = try #require((0..<50).lazy.map { _ in space.get(space.list) }.first { $0.status == 429 })
    #expect(reply.headers["x-ratelimit-reset"] == "1")
    #expect(reply.text.contains("\"code\":\"10011\""))
  }

  @Test(arguments: [(SimulatedProvider.twilio, "queued", "ringing"), (.telnyx, "connecting", "connecting")])
  func `a ringing call is listed before it is answered`(
    provider: SimulatedProvider, first: String, second: String
  ) throws {
    let space = try TestSpace("quiet", provider: provider)
    let call = try #require(
      TestSpace.texts("call_sid", in: space.post(space.list, "From=1&To=2&Muted=true&Label=guest")).first)
    var statuses: [String] = []
    for moment: Int64 in [0, 500, 700] {
      space.move(to: moment)
      statuses += TestSpace.texts("status", in: space.get(space.participant(call))).prefix(1)
      let told = space.space.truth(of: space.conference).filter { $0.callSID == call }.map(\.kind)
      #expect(told == (moment < 700 ? [] : [.joined, .muted]))
    }
    #expect(statuses == [first, second, "connected"])
    let label = TestSpace.texts("label", in: space.get(space.participant(call)))
    #expect(label == (provider == .twilio ? ["guest"] : []))
  }

  @Test(arguments: ["%3A", "%3a"])
  func `Telnyx accepts JSON and encoded colons, and has its own key for the coached call`(colon: String) throws {
    let space = try TestSpace("quiet", provider: .telnyx)
    let calls = TestSpace.texts("call_sid", in: space.get(space.list))
    let path = "\(space.base)/\(space.conference)/Participants/\(calls[0].replacing(":", with: colon))"
    let body = #"{"Coaching":true,"CallSidToCoach":"\#(calls[1])","Hold":true}"#
    let reply = space.client.send("POST", path, form: body, type: "application/json")
    #expect(reply.status == 200)
    #expect(TestSpace.texts("coaching_call_sid", in: reply) == [calls[1]])
    #expect(!reply.text.contains("call_sid_to_coach"))
    #expect(reply.text.contains("\"hold\":true"))
  }
}
