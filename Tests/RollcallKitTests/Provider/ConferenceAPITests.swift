import RollcallCore
import RollcallKit
import Testing

struct ConferenceAPITests {
  static let origin = "https://example.signalwire.com"
  static let list = "/api/laml/2010-04-01/Accounts/p-1/Conferences"
  static let row = #"{"call_sid":"CA1","conference_sid":"c:1","muted":true,"status":"in-progress"}"#
  let conference: ConferenceSID
  let call: CallSID

  init() throws {
    conference = try #require(ConferenceSID("c:1"))
    call = try #require(CallSID("CA1"))
  }

  private func api(_ transport: ScriptedTransport) -> ConferenceAPI {
    ConferenceAPI(transport: transport, origin: Self.origin, project: "p-1", token: Secret("t"))
  }

  private func page(_ transport: ScriptedTransport, _ query: String? = nil, since old: Page? = nil) async
    -> Result<PageReply, ScanFailure>
  {
    var reader = PageReader()
    do throws(ScanFailure) {
      return .success(
        try await api(transport).page(of: conference, query: query, comparedWith: old, reader: &reader))
    } catch {
      return .failure(error)
    }
  }

  @Test func `a page is requested with the token, and its link's query is returned`() async throws {
    let link = "/2010-04-01/Accounts/p-1/Conferences/c:1/Participants?PageToken=PA2"
    let body = #"{"participants":[\#(Self.row)],"next_page_uri":"\#(link)"}"#
    let transport = ScriptedTransport([
      .success(ScriptedTransport.reply(200, body)), .success(HTTPResponse(status: 200, body: .asExpected)),
    ])
    let first = try await page(transport).get()
    #expect(first.next == "PageToken=PA2")
    guard case .page(let old, .none) = first.content else {
      Issue.record("expected a page without a difference, got \(first.content)")
      return
    }
    #expect(old.callSID(of: 0) == call)
    let second = try await page(transport, "PageToken=PA2", since: old).get()
    guard case .unchanged = second.content else {
      Issue.record("expected an unchanged page, got \(second.content)")
      return
    }
    #expect(second.next == "PageToken=PA2")
    let path = "\(Self.origin)\(Self.list)/c:1/Participants"
    #expect(transport.urls == ["\(path)?PageSize=1000", "\(path)?PageToken=PA2"])
    let headers = Dictionary(uniqueKeysWithValues: transport.requests[0].headers.map { ($0.name, $0.value.reveal()) })
    #expect(
      headers == [
        "Authorization": "Basic cC0xOnQ=", "User-Agent": "rollcall/0.2.0", "Accept": "application/json",
      ])
    #expect(transport.requests[1].expected?.count == body.utf8.count)
  }

  static let failures: [(status: Int, body: String, headers: [String: String], failure: ScanFailure)] = [
    (401, "", [:], .unauthorised), (403, "{}", [:], .forbidden), (404, "<html>", [:], .notFound),
    (429, "", [:], .throttled(retryAfter: nil)), (429, "", ["retry-after": "7"], .throttled(retryAfter: .seconds(7))),
    (429, "", ["retry-after": "99999999999999999999"], .throttled(retryAfter: .seconds(900))),
    (429, "", ["retry-after": "-1"], .throttled(retryAfter: nil)),
    (429, "", ["retry-after": "Tue, 01 Sep 2026 18:00:09 GMT"], .throttled(retryAfter: nil)),
    (
      503, "",
      ["retry-after": "Tue, 01 Sep 2026 18:00:09 GMT", "date": "Tue, 01 Sep 2026 18:00:05 GMT"],
      .unavailable(status: 503, retryAfter: .seconds(4))
    ),
    (302, "", ["location": "https://evil.example/"], .unavailable(status: 302, retryAfter: nil)),
    (400, #"{"code":21481}"#, [:], .unavailable(status: 400, retryAfter: nil)),
    (404, #"{"code":21481}"#, [:], .notFound), (404, #"{"code":20404}"#, [:], .notFound),
    (400, #"{"code":10000}"#, [:], .unavailable(status: 400, retryAfter: nil)),
    (400, "21481", [:], .unavailable(status: 400, retryAfter: nil)),
    (500, #"{"code":21481}"#, [:], .unavailable(status: 500, retryAfter: nil)),
    (204, "", [:], .unavailable(status: 204, retryAfter: nil)),
  ]

  @Test(arguments: failures)
  func `each HTTP status gives the right failure`(
    _ form: (status: Int, body: String, headers: [String: String], failure: ScanFailure)
  ) async {
    let result = await page(ScriptedTransport(form.status, form.body, form.headers))
    #expect(throws: form.failure) { try result.get() }
  }

  @Test(arguments: [400, 404, 410, 422], [#"{"code":21481}"#, #"{"code":"21481"}"#])
  func `a page token is lost only if one was sent`(_ status: Int, _ body: String) async {
    await #expect(throws: ScanFailure.invalidPageToken) {
      try await page(ScriptedTransport(status, body), "PageSize=1000&PageToken=PA1").get()
    }
    for query in [nil, "PageSize=1000", "OtherPageToken=PA1"] {
      await #expect(throws: status == 404 ? ScanFailure.notFound : .unavailable(status: status, retryAfter: nil)) {
        try await page(ScriptedTransport(status, body), query).get()
      }
    }
    await #expect(throws: status == 404 ? ScanFailure.notFound : .unavailable(status: status, retryAfter: nil)) {
      try await api(ScriptedTransport(status, body)).conferences()
    }
  }

  @Test(arguments: [
    ("", [:]), ("[]", [:]), (#"{"participants":[{}]}"#, [:]), (#"{"participants":[]}"#, ["content-encoding": "gzip"]),
    (#"{"participants":[],"next_page_uri":"https://evil.example/?a=b"}"#, [:]),
  ])
  func `an invalid reply is malformed`(_ body: String, _ headers: [String: String]) async {
    guard case .failure(let failure) = await page(ScriptedTransport(200, body, headers)),
      case .malformed = failure.kind
    else {
      Issue.record("\(body) was accepted")
      return
    }
  }

  @Test(arguments: [.unreachable, .timedOut, .untrusted, .cancelled, .tooLarge, .malformed] as [HTTPFailure.Kind])
  func `an incomplete reply is a failure with the transport's kind and reason`(
    kind: HTTPFailure.Kind
  ) async {
    let reply = await page(ScriptedTransport([.failure(HTTPFailure(kind, "why"))]))
    let expected: ScanFailure =
      switch kind {
      case .unreachable, .timedOut, .untrusted, .cancelled: .unreachable(reason: "why")
      case .tooLarge, .malformed: .malformed(reason: "why")
      }
    #expect(throws: expected) { try reply.get() }
  }

  @Test(arguments: [
    (404, #"{"code":20404}"#), (404, #"{"errors":[]}"#),
  ])
  func `only the provider's own 404 means that a participant has left`(_ status: Int, _ body: String) async {
    #expect(await api(ScriptedTransport(status, body)).participant(call, in: conference) == .notFound)
    #expect(await api(ScriptedTransport(status, body)).conference(conference) == .notFound)
  }

  @Test(arguments: [
    (404, "<html>"), (404, "{}"), (404, "[]"), (500, #"{"code":1}"#), (200, "{}"), (200, ""), (200, row + "," + row),
    (200, row + #"],"x":["#), (200, #"{"call_sid":"CA2","conference_sid":"c:1","sid":"c:2","status":"completed"}"#),
    (200, #"{"call_sid":"CA1","conference_sid":"c:2","sid":"c:1","status":"paused"}"#),
  ])
  func `anything else is unclear`(_ status: Int, _ body: String) async {
    #expect(await api(ScriptedTransport(status, body)).participant(call, in: conference) == .unclear)
    #expect(await api(ScriptedTransport(status, body)).conference(conference) == .unclear)
  }

  @Test(arguments: [401, 403])
  func `a forbidden look-up is refused`(_ status: Int) async {
    #expect(await api(ScriptedTransport(status, #"{"code":20403}"#)).participant(call, in: conference) == .refused)
    #expect(await api(ScriptedTransport(status, #"{"code":20403}"#)).conference(conference) == .refused)
  }

  @Test func `a participant who is still in the conference is read as a row`() async {
    let transport = ScriptedTransport(200, Self.row)
    guard case .found(let person) = await api(transport).participant(call, in: conference) else {
      Issue.record("expected the participant to be found")
      return
    }
    #expect(person.callSID == call && person.state.isMuted)
    #expect(transport.urls == ["\(Self.origin)\(Self.list)/c:1/Participants/CA1"])
  }

  @Test(arguments: [
    ("completed", ConferenceReply.completed(nil)), ("init", .running), ("in-progress", .running), ("?", .unclear),
  ])
  func `a conference's status gives its state`(_ status: String, _ reply: ConferenceReply) async {
    let transport = ScriptedTransport(200, #"{"sid":"c:1","status":"\#(status)"}"#)
    #expect(await api(transport).conference(conference) == reply)
  }

  @Test func `people are listed over all pages, each once and in order`() async throws {
    func page(_ rows: String, _ next: String?) -> HTTPResponse {
      let link = next.map { #""\#(Self.list)/c:1/Participants?\#($0)""# } ?? "null"
      return ScriptedTransport.reply(200, #"{"participants":[\#(rows)],"next_page_uri":\#(link)}"#)
    }
    let transport = ScriptedTransport([
      .success(page(#"{"call_sid":"b","muted":true},{"call_sid":"a"}"#, "Muted=true&Page=1&PageToken=PA1")),
      .success(ScriptedTransport.reply(400, #"{"code":21481}"#)),
      .success(page(#"{"call_sid":"b","muted":true},{"call_sid":"a"}"#, "Muted=true&Page=1&PageToken=PA2")),
      .success(page(#"{"call_sid":"c"},{"call_sid":"b"}"#, nil)),
    ])
    let query = try ParticipantListQuery(muted: true)
    let people = try await api(transport).people(in: conference, query: query)
    #expect(people.map(\.callSID.text) == ["b", "a", "c"])
    #expect(!people[0].state.isMuted)
    let path = "\(Self.origin)\(Self.list)/c:1/Participants"
    #expect(
      transport.urls == [
        "\(path)?PageSize=1000&Muted=true", "\(path)?Muted=true&Page=1&PageToken=PA1",
        "\(path)?PageSize=1000&Muted=true", "\(path)?Muted=true&Page=1&PageToken=PA2",
      ])
  }

  @Test(
    arguments: [
      ("PageSize=2&Page=1&PageToken=PAx%2By", 1, 2, "PAx+y"), ("PageToken=a%zz%4", nil, nil, "a%zz%4"),
      ("PageToken=a%+5b", nil, nil, "a%+5b"),
      ("Muted=true", nil, nil, nil), ("Page=x&PageSize=&PageToken", nil, nil, nil),
    ] as [(String, Int?, Int?, String?)])
  func `a link identifies the next page`(query: String, page: Int?, size: Int?, token: String?) {
    let next = NextPage(query: query)
    #expect(next.page == page && next.pageSize == size && next.pageToken == token)
  }

  @Test(arguments: Provider.allCases)
  func `a list accepts only the provider's documented filters`(provider: Provider) throws {
    let allowed: [Provider: [Bool]] = [.signalWire: [true, true, false], .twilio: [true, true, true]]
    let queries: [() throws -> ParticipantListQuery] = [
      { try ParticipantListQuery(muted: false, of: provider) }, { try ParticipantListQuery(hold: true, of: provider) },
      { try ParticipantListQuery(coaching: true, of: provider) },
    ]
    #expect(queries.map { (try? $0()) != nil } == allowed[provider] ?? [false, false, false])
    if provider == .twilio { #expect(try queries[2]().text == "Coaching=true") }
  }

  @Test func `conferences are listed over all pages, each once`() async throws {
    let transport = ScriptedTransport([
      .success(
        ScriptedTransport.reply(
          200, #"{"conferences":[{"sid":"a","friendly_name":"A"}],"next_page_uri":"\#(Self.list)?PageToken=PA1"}"#)),
      .success(ScriptedTransport.reply(200, #"{"conferences":[{"sid":"a"},{"sid":"b","status":"init"}]}"#)),
    ])
    let found = try await api(transport).conferences(named: "A & B", status: "in-progress")
    #expect(found.map(\.sid.text) == ["a", "b"])
    #expect(found.map(\.friendlyName) == ["A", ""])
    let path = "\(Self.origin)\(Self.list)"
    #expect(
      transport.urls == [
        "\(path)?PageSize=1000&Status=in-progress&FriendlyName=A%20%26%20B", "\(path)?PageToken=PA1",
      ])
  }

  @Test func `a list of conferences with a loop is malformed`() async {
    let body = #"{"conferences":[],"next_page_uri":"\#(Self.list)?PageToken=PA1"}"#
    let round = api(ScriptedTransport(Array(repeating: .success(ScriptedTransport.reply(200, body)), count: 3)))
    await #expect(throws: ScanFailure.malformed(reason: "the list repeats a page token")) {
      try await round.conferences()
    }
  }

  @Test(arguments: [
    (#"{"sid":"a"}"#, "PA1"), (#"{"sid":"b"}"#, "PA1"), ("", "PA2"), (#"{"sid":"a"}"#, "PA2"),
  ])
  func `a list of conferences with a loop ends if every page was short`(row: String, token: String) async throws {
    func page(_ row: String, _ size: Int, next: String) -> Result<HTTPResponse, HTTPFailure> {
      let link = "\(Self.list)?PageToken=\(next)"
      let body = #"{"conferences":[\#(row)],"page_size":\#(size),"next_page_uri":"\#(link)"}"#
      return .success(ScriptedTransport.reply(200, body))
    }
    let short = api(ScriptedTransport([page(#"{"sid":"a"}"#, 50, next: "PA1"), page(row, 50, next: token)]))
    #expect(try await short.conferences().map(\.sid.text) == (row.contains("b") ? ["a", "b"] : ["a"]))
    let full = ScriptedTransport(
      [page(#"{"sid":"a"}"#, 1, next: "PA1")] + Array(repeating: page(row, 50, next: token), count: 2))
    await #expect(throws: ScanFailure.malformed(reason: "the list repeats a page token")) {
      try await api(full).conferences()
    }
  }

  @Test func `a list query is validated before anything is sent`() throws {
    #expect(throws: ParticipantListQuery.Refusal.page) { try ParticipantListQuery(page: -1) }
    #expect(throws: ParticipantListQuery.Refusal.pageSize) { try ParticipantListQuery(pageSize: 0) }
    #expect(throws: ParticipantListQuery.Refusal.pageSize) { try ParticipantListQuery(pageSize: 1001) }
    for token in ["", "PC1", "pa1", "PA 1", "PA\n"] {
      #expect(throws: ParticipantListQuery.Refusal.pageToken) { try ParticipantListQuery(pageToken: token) }
    }
    let query = try ParticipantListQuery(muted: true, hold: false, page: 0, pageSize: 1, pageToken: "PA&x=1")
    #expect(query.text == "Muted=true&Hold=false&Page=0&PageSize=1&PageToken=PA%26x%3D1")
  }

  @Test(arguments: [
    (Provider.signalWire, "/api/laml/2010-04-01/Accounts/p-1/Calls/CA1"),
    (.twilio, "/2010-04-01/Accounts/p-1/Calls/CA1.json"), (.telnyx, "/v2/texml/Accounts/p-1/Calls/CA1"),
  ])
  func `a call is requested from its own path`(_ provider: Provider, _ path: String) async {
    let found = #"{"sid":"CA1","from":"+15550100","to":"+15550101","direction":"inbound"}"#
    let transport = ScriptedTransport([
      .success(ScriptedTransport.reply(200, found)), .success(ScriptedTransport.reply(404, #"{"code":20404}"#)),
      .success(ScriptedTransport.reply(403, "{}")),
    ])
    let api = ConferenceAPI(
      transport: transport, origin: Self.origin, project: "p-1", provider: provider, token: Secret("t"))
    #expect(await api.call(call) == .found(CallDetails(from: "+15550100", to: "+15550101", direction: "inbound")))
    // Telnyx may not know a new call yet.
    #expect(await api.call(call) == (provider == .telnyx ? .unclear : .notFound))
    #expect(await api.call(call) == .refused)
    #expect(transport.urls == Array(repeating: Self.origin + path, count: 3))
    #expect(transport.requests.allSatisfy { $0.limits == .single })
  }
}
