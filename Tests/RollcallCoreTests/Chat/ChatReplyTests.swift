import Testing

@testable import RollcallCore

@Suite struct `The answer of a chat service` {
  private static func judge(
    _ service: ChatService, _ status: Int, _ headers: [String: String] = [:], _ body: String = ""
  ) -> (outcome: DeliveryOutcome, rest: Duration?) {
    let reply = HTTPResponse(status: status, headers: headers, body: .bytes(PaddedBytes(Array(body.utf8))))
    return MessageFormat.chat(service, .none).judge(reply, at: ChatPoll.now)
  }

  @Test(arguments: ChatService.allCases, [200, 202, 204, 400, 401, 403, 404, 410, 413, 429, 500, 502])
  func `is judged by its status, and a refused webhook is gone`(service: ChatService, status: Int) {
    let expected: DeliveryOutcome =
      switch status {
      case 200, 202, 204: .delivered
      case 400, 413: .rejected(status: status)
      case 401, 403, 404, 410: .gone
      default: .retry(retryAfter: nil)
      }
    #expect(Self.judge(service, status).outcome == expected)
  }

  @Test(arguments: ChatService.allCases)
  func `may say how long to wait`(service: ChatService) {
    #expect(Self.judge(service, 429, ["retry-after": "30"]).outcome == .retry(retryAfter: .seconds(30)))
  }

  @Test(
    arguments: [
      (#"{"message": "You are being rate limited.", "retry_after": 0.57, "global": false}"#, 1),
      (#"{"retry_after": 64.0}"#, 65),
      (#"{"retry_after": 3}"#, 3), (#"{"retry_after": "3"}"#, nil), ("<html>", nil), (#"{"retry_after": 1e99}"#, nil),
      (#"{"retry_after": -1}"#, nil), (#"{"retry_after": 99999999999999999999}"#, 900),
    ] as [(String, Int64?)])
  func `of Discord may say how long to wait in its body`(body: String, seconds: Int64?) {
    #expect(Self.judge(.discord, 429, [:], body).outcome == .retry(retryAfter: seconds.map { .seconds($0) }))
    #expect(Self.judge(.discord, 429, ["retry-after": "7"], body).outcome == .retry(retryAfter: .seconds(7)))
    #expect(Self.judge(.slack, 429, [:], body).outcome == .retry(retryAfter: nil))
  }

  @Test func `may say that a limit is used up, and for how long`() {
    let headers = ["x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "1.5"]
    let (outcome, rest) = Self.judge(.discord, 200, headers)
    #expect(outcome == .delivered && rest == .seconds(2))
    #expect(Self.judge(.discord, 200, ["x-ratelimit-remaining": "1", "x-ratelimit-reset-after": "1.5"]).rest == nil)
    #expect(Self.judge(.discord, 200, ["x-ratelimit-remaining": "0"]).rest == nil)
  }

  @Test(
    arguments: [
      ("1", .delivered), ("", .delivered), ("returned HTTP error 42", .delivered), ("returned HTTP error ", .delivered),
      (
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x",
        .retry(retryAfter: nil)
      ),
      ("Microsoft Teams endpoint returned HTTP error 413 with", .rejected(status: 413)),
      ("Microsoft Teams endpoint returned HTTP error 410 with", .retry(retryAfter: nil)),
      ("Microsoft Teams endpoint returned HTTP error 200 with", .retry(retryAfter: nil)),
    ] as [(String, DeliveryOutcome)])
  func `of Teams may be a refusal despite its status`(body: String, outcome: DeliveryOutcome) {
    #expect(Self.judge(.teams, 200, [:], body).outcome == outcome)
    #expect(Self.judge(.slack, 200, [:], body).outcome == .delivered)
  }
}
