import RollcallServer
import Testing

@testable import RollcallSimulator

@Suite struct `Routes of the simulated space` {
  @Test(arguments: ["", ".json"], ["/api/laml", "", "//api/laml"])
  func `every prefix and suffix of the provider reaches the same list`(suffix: String, prefix: String) throws {
    let space = try TestSpace("quiet")
    let path = "\(prefix)/2010-04-01/Accounts/\(space.space.project)/Conferences"
    for target in ["", "/\(space.conference)", "/\(space.conference)/Participants"] {
      let reply = space.get(path + target + suffix)
      #expect(reply.status == 200)
      #expect(reply.text == space.get(space.base + target).text)
    }
  }

  @Test func `an envelope has exactly the documented keys`() throws {
    let space = try TestSpace("quiet")
    let text = space.get(space.list).text
    let head =
      "{\"uri\":\"\(space.list)?Page=0\\u0026PageSize=50\",\"first_page_uri\":\"\(space.list)?Page=0\\u0026PageSize=50\","
      + "\"next_page_uri\":null,\"previous_page_uri\":null,\"page\":0,\"page_size\":50,\"participants\":[{"
    #expect(text.hasPrefix(head))
    #expect(text.hasSuffix(".json\"}]}"))
  }

  @Test func `a participant has the thirteen documented fields`() throws {
    let space = try TestSpace("quiet")
    let call = try #require(space.space.callSID(of: "supervisor", in: space.conference))
    #expect(
      space.get("\(space.list)/\(call)").text
        == "{\"account_sid\":\"\(space.space.project)\",\"call_sid\":\"\(call)\",\"call_sid_to_coach\":null,"
        + "\"coaching\":false,\"conference_sid\":\"\(space.conference)\","
        + "\"date_created\":\"Mon, 05 Jan 2026 12:00:00 +0000\",\"date_updated\":\"Mon, 05 Jan 2026 12:00:00 +0000\","
        + "\"end_conference_on_exit\":false,\"hold\":false,\"muted\":true,\"start_conference_on_enter\":true,"
        + "\"status\":\"in-progress\",\"uri\":\"\(space.list)/\(call).json\"}")
  }

  @Test(arguments: [
    ("GET", "?PageSize=0", 400, 10000), ("GET", "?PageSize=1001", 400, 10000), ("GET", "?PageSize=x", 400, 10000),
    ("GET", "?PageToken=PA1234", 400, 21481), ("GET", "?Page=1", 400, 20001), ("GET", "?Muted=maybe", 400, 10000),
    ("GET", "/nobody", 404, 20404), ("DELETE", "/nobody", 404, 20404), ("DELETE", "", 405, 20004),
  ])
  func `a bad request gets the documented error`(method: String, target: String, status: Int, code: Int) throws {
    let space = try TestSpace("quiet")
    let reply = space.client.send(method, space.list + target)
    #expect(reply.status == status)
    #expect(reply.text.hasPrefix("{\"code\":\(code),\"message\":\""))
    #expect(reply.text.hasSuffix("\"status\":\(status)}"))
  }

  @Test(arguments: ["Conferences/other", "Conferences/other/Participants", "Calls"])
  func `an unknown resource gets a 404`(path: String) throws {
    let space = try TestSpace("quiet")
    let reply = space.get("/api/laml/2010-04-01/Accounts/\(space.space.project)/\(path)")
    #expect(reply.status == 404)
    #expect(reply.text.contains("20404"))
  }

  @Test(arguments: ["Basic x", "Basic", "Bearer x", ""])
  func `wrong credentials get a 401`(authorization: String) throws {
    let space = try TestSpace("quiet")
    let reply = space.client.send("GET", space.list, authorization: authorization)
    #expect(reply.status == 401)
    #expect(reply.text.hasPrefix("{\"code\":20003,"))
    #expect(reply.headers["www-authenticate"]?.hasPrefix("Basic realm=") == true)
  }

  @Test(arguments: [
    ("Muted=true", 1), ("Muted=True", 1), ("Muted=false", 2), ("Hold=FALSE", 3), ("Hold=true", 0),
    ("Muted=False&Hold=False", 2),
  ])
  func `filters of participants ignore case`(query: String, count: Int) throws {
    let space = try TestSpace("quiet")
    #expect(TestSpace.texts("call_sid", in: space.get("\(space.list)?\(query)")).count == count)
  }

  @Test(arguments: [
    ("", 3), ("FriendlyName=busy-2", 1), ("FriendlyName=busy", 0), ("Status=in-progress", 3), ("Status=completed", 0),
    ("Status=in-progress&FriendlyName=busy%2D3", 1), ("DateCreated=2026-01-05", 3), ("DateCreated=2026-01-04", 0),
    ("DateCreated%3C=2026-01-05", 3), ("DateCreated%3C=2026-01-04", 0), ("DateCreated%3E=2026-01-06", 0),
    ("DateUpdated%3E=2026-01-05&DateCreated<=2027-01-01&FriendlyName=busy-1", 1),
  ])
  func `conferences are filtered as the query says`(query: String, count: Int) throws {
    let space = try TestSpace("busy")
    #expect(TestSpace.texts("friendly_name", in: space.get("\(space.base)?\(query)")).count == count)
  }

  @Test func `links keep the filters`() throws {
    let space = try TestSpace("busy")
    let query = "PageSize=1&DateCreated%3E=2026-01-05&Status=in-progress&FriendlyName=busy-2"
    let link = try #require(TestSpace.texts("first_page_uri", in: space.get("\(space.base)?\(query)")).first)
    #expect(
      link == "\(space.base)?DateCreated%3E=2026-01-05&Status=in-progress&FriendlyName=busy-2&Page=0&PageSize=1")
  }

  @Test(arguments: ["DateCreated=yesterday", "DateUpdated%3C=2026-1-5", "DateCreated%3E=2026-01-05T00:00:00Z"])
  func `an invalid day is rejected`(query: String) throws {
    let space = try TestSpace("quiet")
    #expect(space.get("\(space.base)?\(query)").status == 400)
  }

  @Test func `every reply has the time of the space as its date`() throws {
    let space = try TestSpace("quiet")
    space.move(to: 61_000)
    for reply in [space.get(space.list), space.get("/nothing"), space.client.send("DELETE", space.list)] {
      #expect(reply.headers["date"] == "Mon, 05 Jan 2026 12:01:01 GMT")
    }
  }

  @Test(arguments: [1, 2, 3, 7, 50])
  func `following next links lists everyone once, even while people join and leave`(size: Int) throws {
    let space = try TestSpace("busy")
    let first = space.get("\(space.list)?PageSize=\(size)")
    let before = TestSpace.texts("call_sid", in: space.get(space.list))
    #expect(space.walk("\(space.list)?PageSize=\(size)") == before)
    guard let next = TestSpace.texts("next_page_uri", in: first).first else { return }
    let shown = TestSpace.texts("call_sid", in: first)
    for call in shown { #expect(space.client.send("DELETE", "\(space.list)/\(call)").status == 204) }
    #expect(space.walk(next) == Array(before.dropFirst(size)))
  }

  @Test func `the previous link leads back`() throws {
    let space = try TestSpace("busy")
    let first = space.get("\(space.list)?PageSize=2")
    let second = space.get(try #require(TestSpace.texts("next_page_uri", in: first).first))
    let back = space.get(try #require(TestSpace.texts("previous_page_uri", in: second).first))
    #expect(TestSpace.texts("call_sid", in: back) == TestSpace.texts("call_sid", in: first))
    #expect(TestSpace.texts("previous_page_uri", in: second)[0].contains("PageToken=PB"))
  }
}
