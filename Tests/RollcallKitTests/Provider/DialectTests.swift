import RollcallKit
import Testing

@testable import RollcallCore

/// The form of requests to each provider, and the meaning of its replies.
struct DialectTests {
  /// The forms of one provider's requests.
  struct Form: Sendable, CustomTestStringConvertible {
    let provider: Provider
    let origin: String
    let account: String
    let authorization: String
    /// The URL of the account.
    let base: String
    let suffix: String
    let participants: String
    let conferences: String

    var testDescription: String { provider.rawValue }
  }

  static let forms = [
    Form(
      provider: .signalWire, origin: "https://example.signalwire.com", account: "p-1",
      authorization: "Basic cC0xOnQ=", base: "/api/laml/2010-04-01/Accounts/p-1", suffix: "",
      participants: "?PageSize=1000", conferences: "?PageSize=1000"),
    Form(
      provider: .twilio, origin: "https://api.twilio.com", account: "AC1", authorization: "Basic QUMxOnQ=",
      base: "/2010-04-01/Accounts/AC1", suffix: ".json", participants: "?PageSize=1000", conferences: "?PageSize=1000"),
    Form(
      provider: .telnyx, origin: "https://api.telnyx.com", account: "a-1", authorization: "Bearer t",
      base: "/v2/texml/Accounts/a-1", suffix: "", participants: "", conferences: "?PageSize=100"),
  ]

  let conference: ConferenceSID
  let call: CallSID

  init() throws {
    conference = try #require(ConferenceSID("c:1"))
    call = try #require(CallSID("v3:CA1"))
  }

  private func api(_ form: Form, _ transport: ScriptedTransport) -> ConferenceAPI {
    ConferenceAPI(transport: transport, origin: form.origin, project: form.account, token: Secret("t"))
  }

  private func page(_ form: Form, _ transport: ScriptedTransport, _ query: String? = nil) async -> Result<
    PageReply, ScanFailure
  > {
    var reader = PageReader()
    do throws(ScanFailure) {
      return .success(
        try await api(form, transport).page(of: conference, query: query, comparedWith: nil, reader: &reader))
    } catch {
      return .failure(error)
    }
  }

  @Test(arguments: forms) func `every request goes to the provider's own path`(_ form: Form) async throws {
    let transport = ScriptedTransport([
      .success(ScriptedTransport.reply(200, #"{"participants":[]}"#)),
      .success(ScriptedTransport.reply(404, #"{"errors":[{"detail":"Resource not found"}]}"#)),
      .success(ScriptedTransport.reply(200, #"{"sid":"c:1","status":"completed"}"#)),
      .success(ScriptedTransport.reply(200, #"{"conferences":[]}"#)),
    ])
    _ = try await page(form, transport).get()
    let api = api(form, transport)
    #expect(await api.participant(call, in: conference) == .notFound)
    #expect(await api.conference(conference) == .completed(nil))
    _ = try await api.conferences()
    let (list, tail) = ("\(form.origin)\(form.base)/Conferences", form.suffix)
    #expect(
      transport.urls == [
        "\(list)/c:1/Participants\(tail)\(form.participants)", "\(list)/c:1/Participants/v3:CA1\(tail)",
        "\(list)/c:1\(tail)", "\(list)\(tail)\(form.conferences)",
      ])
    for request in transport.requests {
      #expect(request.headers.first { $0.name == "Authorization" }?.value.reveal() == form.authorization)
    }
    #expect(api.space.provider == form.provider)
    #expect(api.space.eventSource.url(of: nil) == form.origin + form.base)
    #expect(api.space.eventSource.url(of: conference) == "\(list)/c:1")
  }

  @Test(
    arguments: forms,
    ["PageToken=PACPx", "Page=1&PageSize=1&PageToken=MTY4AjgyNDkwNzIxMQ", "page=1&pagesize=20&PageToken=a%2Fb%3D"])
  func `a link in the provider's form is followed`(_ form: Form, query: String) async throws {
    for suffix in ["", ".json"] {
      let link = "\(form.base)/Conferences/c:1/Participants\(suffix)?\(query)"
      let body = #"{"participants":[{"call_sid":"a"}],"next_page_uri":"\#(link)"}"#
      #expect(try await page(form, ScriptedTransport(200, body)).get().next == query)
    }
  }

  @Test(arguments: forms, forms) func `a link to another provider's list is rejected`(_ form: Form, other: Form) async {
    guard form.provider != other.provider else { return }
    let link = "\(other.base)/Conferences/c:1/Participants?PageToken=PA1"
    let body = #"{"participants":[{"call_sid":"a"}],"next_page_uri":"\#(link)"}"#
    let reply = await page(form, ScriptedTransport(200, body))
    #expect(throws: ScanFailure.malformed(reason: LinkRefusal.otherList.text)) { try reply.get() }
  }

  static let throttled = #"{"errors":[{"code":"10011","title":"Too many requests","detail":"-"}]}"#
  static let failures: [(provider: Provider, status: Int, body: String, headers: [String: String], ScanFailure)] = [
    (.telnyx, 429, throttled, ["x-ratelimit-reset": "7"], .throttled(retryAfter: .seconds(7))),
    (.telnyx, 429, throttled, ["x-ratelimit-reset": "7", "retry-after": "2"], .throttled(retryAfter: .seconds(2))),
    (.telnyx, 429, throttled, ["x-ratelimit-reset": "soon"], .throttled(retryAfter: nil)),
    (.telnyx, 429, throttled, ["x-ratelimit-reset": "99999999"], .throttled(retryAfter: .seconds(900))),
    (.twilio, 429, #"{"code":20429}"#, ["x-ratelimit-reset": "7"], .throttled(retryAfter: nil)),
    (.telnyx, 503, "", ["x-ratelimit-reset": "7"], .unavailable(status: 503, retryAfter: nil)),
    (.twilio, 405, #"{"code":20004}"#, [:], .unavailable(status: 405, retryAfter: nil)),
    (.twilio, 400, #"{"code":20001}"#, [:], .invalidPageToken),
    (.twilio, 400, #"{"code":70002}"#, [:], .invalidPageToken),
    (.signalWire, 400, #"{"code":20001}"#, [:], .unavailable(status: 400, retryAfter: nil)),
    (.signalWire, 400, #"{"errors":[{"code":"21481"}]}"#, [:], .invalidPageToken),
    (.telnyx, 400, #"{"code":21481}"#, [:], .unavailable(status: 400, retryAfter: nil)),
    (.telnyx, 401, #"{"errors":[{"code":"10009"}]}"#, [:], .unauthorised),
    (.telnyx, 404, #"{"errors":[{"detail":"Resource not found"}]}"#, [:], .notFound),
    (.twilio, 200, "<?xml version='1.0'?>", [:], .malformed(reason: "the reply is not JSON at byte 0")),
  ]

  @Test(arguments: failures)
  func `an error means what its provider says`(
    _ reply: (provider: Provider, status: Int, body: String, headers: [String: String], failure: ScanFailure)
  ) async throws {
    let form = try #require(Self.forms.first { $0.provider == reply.provider })
    let result = await page(form, ScriptedTransport(reply.status, reply.body, reply.headers), "Page=1&PageToken=PA1")
    #expect(throws: reply.failure) { try result.get() }
  }

  @Test func `the wrong kind of id at Twilio is explained`() {
    let failure = ScanFailure.unavailable(status: 405, retryAfter: nil)
    let text = APIErrorText.advice(for: failure, about: .conference, of: .twilio)
    for part in ["405", "CF…", "CA… is a call", "--name"] { #expect(text.contains(part)) }
  }

  private static let everyFailure: [ScanFailure] =
    [302, 400, 405, 422, 500].map { .unavailable(status: $0, retryAfter: nil) } + [
      .unauthorised, .forbidden, .throttled(retryAfter: .seconds(3)), .unreachable(reason: "-"),
      .malformed(reason: "-"), .notFound, .invalidPageToken,
    ]

  @Test(arguments: Provider.allCases, RequestedResource.allCases)
  func `no advice mentions another provider`(_ provider: Provider, _ resource: RequestedResource) {
    for failure in Self.everyFailure {
      let text = APIErrorText.advice(for: failure, about: resource, of: provider).lowercased()
      #expect(!text.isEmpty)
      for other in Provider.allCases where other != provider { #expect(!text.contains(other.rawValue)) }
    }
  }

  @Test(arguments: Provider.allCases)
  func `advice names only what was requested`(_ provider: Provider) {
    for failure in Self.everyFailure {
      let advice = { APIErrorText.advice(for: failure, about: $0, of: provider) }
      for word in ["conference sid", "conference's sid", "no such conference", "page", "filter"] {
        #expect(!advice(.conferences).contains(word) || failure == .invalidPageToken && word == "page")
      }
      #expect(!advice(.conference).contains("filter"))
      // A watch restarts from the first page by itself.
      for resource in [RequestedResource.conferences, .conference] {
        #expect(!advice(resource).contains("first page") && !advice(resource).contains("check the page"))
      }
    }
    let invalid = ScanFailure.unavailable(status: 400, retryAfter: nil)
    for part in ["page", "token", "filters"] {
      #expect(APIErrorText.advice(for: invalid, about: .chosenPage, of: provider).contains(part))
    }
  }

  @Test func `an API key of Twilio authenticates for the account in the path`() async throws {
    let transport = ScriptedTransport(200, #"{"participants":[]}"#)
    let api = ConferenceAPI(
      transport: transport, origin: "https://api.twilio.com", project: "AC1", token: Secret("SK1:se:cret"))
    var reader = PageReader()
    _ = try await api.page(of: conference, query: nil, comparedWith: nil, reader: &reader)
    let header = transport.requests[0].headers.first { $0.name == "Authorization" }?.value.reveal()
    #expect(header == "Basic " + Base64.encode(Array("SK1:se:cret".utf8)))
    #expect(transport.urls[0].contains("/Accounts/AC1/"))
  }

  @Test func `a list query follows the provider's documentation`() throws {
    #expect(try ParticipantListQuery(pageToken: "MTY4", of: .telnyx).text == "PageToken=MTY4")
    #expect(throws: ParticipantListQuery.Refusal.pageToken) { try ParticipantListQuery(pageToken: "MTY4", of: .twilio) }
    #expect(throws: ParticipantListQuery.Refusal.pageToken) { try ParticipantListQuery(pageToken: "", of: .telnyx) }
    #expect(throws: ParticipantListQuery.Refusal.pageToken) { try ParticipantListQuery(pageToken: "a b", of: .telnyx) }
    for (muted, hold) in [(true, nil), (nil, false)] as [(Bool?, Bool?)] {
      #expect(throws: ParticipantListQuery.Refusal.filter) {
        try ParticipantListQuery(muted: muted, hold: hold, of: .telnyx)
      }
    }
  }
}
