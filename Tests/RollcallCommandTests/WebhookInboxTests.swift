import RollcallCore
import RollcallServer
import Testing

@testable import rollcall

struct `The webhook receiver` {
  private let secret: WebhookSecret
  private static let now: Int64 = 1_700_000_000

  init() throws { secret = try WebhookSecret(key: Array(0..<32)) }

  private func delivery(
    _ id: String, _ body: String = #"{"a": 1}"#, at seconds: Int64 = now, previous: String? = nil,
    signed: WebhookSecret? = nil
  ) -> ServerRequest {
    let body = Array(body.utf8)
    let signature = WebhookSignature.headerValue(id: id, timestamp: seconds, body: body, secrets: [signed ?? secret])
    var headers: [ServerRequest.Header] = [
      .init("webhook-id", id), .init("webhook-timestamp", "\(seconds)"), .init("webhook-signature", signature),
    ]
    if let previous { headers.append(.init("rollcall-previous-id", previous)) }
    return ServerRequest(method: .post, path: "/", headers: headers, body: body)
  }

  @Test func `prints a signed event on one line, once`() {
    var inbox = WebhookInbox(secrets: [secret])
    let first = inbox.judge(delivery("evt_1"), now: Self.now)
    #expect(first.reply.status == 204)
    #expect(first.line == Array("{\"a\":1}\n".utf8))
    #expect(first.remark == nil)
    let again = inbox.judge(delivery("evt_1"), now: Self.now)
    #expect(again.reply.status == 204)
    #expect(again.line == nil)
  }

  @Test func `rejects unsigned, wrongly signed, altered and old deliveries`() throws {
    var inbox = WebhookInbox(secrets: [secret])
    var altered = delivery("evt_1")
    altered.body = Array(#"{"a": 2}"#.utf8)
    let other = try WebhookSecret(key: Array(1..<33))
    let unsigned = ServerRequest(method: .post, path: "/", body: Array("{}".utf8))
    let old = delivery("evt_1", at: Self.now - WebhookInbox.tolerance - 1)
    let early = delivery("evt_1", at: Self.now + WebhookInbox.tolerance + 1)
    for refused in [altered, delivery("evt_1", signed: other), unsigned, old, early] {
      let verdict = inbox.judge(refused, now: Self.now)
      #expect(verdict.reply.status == 401)
      #expect(verdict.line == nil && verdict.remark != nil)
    }
    #expect(inbox.judge(delivery("evt_1", at: Self.now - WebhookInbox.tolerance), now: Self.now).line != nil)
  }

  @Test func `accepts a delivery signed with any of its secrets`() throws {
    let other = try WebhookSecret(key: Array(1..<33))
    var inbox = WebhookInbox(secrets: [other, secret])
    #expect(inbox.judge(delivery("evt_1"), now: Self.now).line != nil)
  }

  @Test func `reports a missing event`() throws {
    var inbox = WebhookInbox(secrets: [secret])
    _ = inbox.judge(delivery("evt_1"), now: Self.now)
    #expect(inbox.judge(delivery("evt_2", previous: "evt_1"), now: Self.now).remark == nil)
    let remark = try #require(inbox.judge(delivery("evt_4", previous: "evt_3"), now: Self.now).remark)
    #expect(remark.contains("evt_3, which precedes evt_4, was not received"))
  }

  @Test func `rejects a body that is not an object, and anything but POST`() {
    var inbox = WebhookInbox(secrets: [])
    for body in ["", "[1]", "{", "{} {}"] {
      let request = ServerRequest(method: .post, path: "/", body: Array(body.utf8))
      #expect(inbox.judge(request, now: Self.now).reply.status == 400)
    }
    let refusal = inbox.judge(ServerRequest(method: .get, path: "/"), now: Self.now).reply
    #expect(refusal.status == 405 && refusal.headers.contains(.init("Allow", "POST")))
    #expect(inbox.judge(ServerRequest(method: .post, path: "/", body: Array("{}".utf8)), now: Self.now).line != nil)
  }
}

struct `A new secret` {
  @Test func `can be read back, and is different each time`() throws {
    let first = SecretCommand.text()
    #expect(try WebhookSecret(first) != WebhookSecret(SecretCommand.text()))
  }
}
