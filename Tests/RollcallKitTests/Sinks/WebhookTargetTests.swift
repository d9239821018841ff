import Testing

@testable import RollcallCore
@testable import RollcallKit

@Suite struct `A webhook's request` {
  private static func event() -> StoredEvent {
    var stream = EventStream(epoch: 7)
    return stream.freeze(.stopped(.signal, at: Timestamp(milliseconds: 1_763_885_000_123)))
  }

  @Test func `in CloudEvents is signed over the body that is sent, under the event's id`() throws {
    let secret = try WebhookSecret(key: Array(0..<32))
    let source = Space(origin: "https://s.example/", project: "P/1").eventSource
    var target = WebhookTarget(url: Secret("https://h.example/x"), host: "h.example", name: "ops")
    target.format = .cloudEvents(source)
    target.secrets = [secret]
    target.hubSecret = Secret("hub")
    let event = Self.event()
    let request = target.request(for: event, previous: nil, at: Timestamp(milliseconds: 1_763_885_060_999))

    #expect(request.body == MessageFormat.cloudEvents(source).body(of: event))
    #expect(request.value(of: "Content-Type") == "application/cloudevents+json")
    #expect(request.value(of: "webhook-id") == event.id)
    let signature = try #require(request.value(of: "webhook-signature"))
    #expect(
      WebhookSignature.verify(signature, id: event.id, timestamp: 1_763_885_060, body: request.body, secret: secret))
    let hub = WebhookSignature.hub(body: request.body, secret: Array("hub".utf8))
    #expect(request.value(of: "X-Hub-Signature-256") == hub)
    let value = try JSONReader.read(request.body)
    #expect(value["source"] == .string("https://s.example/api/laml/2010-04-01/Accounts/P%2F1"))
  }

  @Test(arguments: [(15, true), (59, true), (60, false)])
  func `without a reply in time causes advice for slow receivers`(
    _ seconds: Int, canTakeLonger: Bool
  ) async throws {
    var target = WebhookTarget(url: Secret("https://h.example/x"), host: "h.example")
    target.timeout = .seconds(seconds)
    let late = Result<HTTPResponse, HTTPFailure>.failure(HTTPFailure(.timedOut, "no complete reply in time"))
    let transport = ScriptedTransport([late, late])
    let loop = EventLoop(time: SimulatedTime(wallClock: Timestamp(milliseconds: 1_763_885_000_123)))
    let request = target.request(for: Self.event(), previous: nil, at: loop.wallClock)

    let attempt = await target.post(request, by: transport, on: loop)
    #expect(
      attempt.reason == "no complete reply in time; have the receiver answer first and then work"
        + (canTakeLonger ? ", or raise the timeout of the webhook, which is \(seconds)s" : ""))
    let tested = await #expect(throws: HTTPFailure.self) {
      try await WebhookTest.post(to: target, epoch: 7, on: loop, transport: transport)
    }
    #expect(tested?.text == attempt.text)
  }

  @Test(arguments: [
    (nil, "check the webhook's URL and the network, and that its receiver is running"),
    ("check HTTPS_PROXY", "check HTTPS_PROXY"),
  ])
  func `to a receiver that does not listen says what to check`(_ remedy: String?, _ advice: String) async throws {
    let target = WebhookTarget(url: Secret("https://h.example/x"), host: "h.example")
    let refused = HTTPFailure(.unreachable, "could not connect to h.example port 443", remedy: remedy)
    let transport = ScriptedTransport([.failure(refused), .failure(refused)])
    let loop = EventLoop(time: SimulatedTime(wallClock: Timestamp(milliseconds: 1_763_885_000_123)))
    let request = target.request(for: Self.event(), previous: nil, at: loop.wallClock)

    let attempt = await target.post(request, by: transport, on: loop)
    #expect(attempt.reason == "could not connect to h.example port 443; \(advice)")
    let tested = await #expect(throws: HTTPFailure.self) {
      try await WebhookTest.post(to: target, epoch: 7, on: loop, transport: transport)
    }
    #expect(tested?.text == attempt.text)
  }

  @Test func `names its target as given, or else by a name made from the URL`() {
    let url = Secret("https://h.example/x")
    #expect(WebhookTarget(url: url, host: "h", name: "ops").name == "ops")
    #expect(WebhookTarget(url: url, host: "h").name == WebhookTarget.name(of: url))
  }
}
