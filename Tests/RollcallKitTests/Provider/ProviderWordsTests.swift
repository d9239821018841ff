import RollcallCore
import RollcallKit
import RollcallTestKit
import Testing

struct `What a provider says about a refusal` {
  private static let token = "PTsecret0token1"

  private func failure(_ reply: HTTPResponse) async throws -> ScanFailure {
    let api = ConferenceAPI(
      transport: ScriptedTransport([.success(reply)]), origin: "https://example.signalwire.com", project: "p-1",
      token: Secret(Self.token))
    return try #require(await #expect(throws: ScanFailure.self) { try await api.probe() })
  }

  private func said(_ status: Int, _ body: String, _ headers: [String: String] = [:]) async throws -> String? {
    try await failure(ScriptedTransport.reply(status, body, headers)).said
  }

  static let words: [(body: String, said: String?)] = [
    (#"{"code":20005,"message":"Account not active","status":403}"#, "20005 Account not active"),
    (
      #"{"code":"21717","message":"From must belong\n to an active campaign."}"#,
      "21717 From must belong to an active campaign."
    ),
    (
      #"{"errors":[{"code":"10009","title":"Authentication failed","detail":"The headers were invalid."},{"code":"1"}]}"#,
      "10009 Authentication failed: The headers were invalid."
    ),
    (#"{"errors":{"detail":"Not found"}}"#, "Not found"), (#"{"message":"only"}"#, "only"), (#"{"code":7}"#, "7"),
    (#"{"error":"invalid_client","error_description":"suspended"}"#, "invalid_client: suspended"),
    (#"{"code":null,"message":17}"#, nil), ("[]", nil), ("{}", nil), ("", nil), ("Forbidden", nil),
    ("<html><HEAD><title>403\nForbidden</title>", "a web page, not the provider's own answer: 403 Forbidden"),
    ("\n<p>no</p>", "a web page, not the provider's own answer"),
    (#"{"code":1,"message":"\u001b[31mred\u202e"}"#, #"1 \u{1B}[31mred\u{202E}"#),
  ]

  @Test(arguments: words) func `consists of its code and message, whatever their form`(
    _ form: (body: String, said: String?)
  )
    async throws
  {
    for status in [400, 401, 403, 404, 429, 503] {
      #expect(try await said(status, form.body) == form.said)
    }
  }

  @Test func `is cut to 200 bytes between characters`() async throws {
    let said = try #require(try await said(403, #"{"code":1,"message":"\#(String(repeating: "ë", count: 300))"}"#))
    #expect(said.utf8.count <= 200 && said.utf8.count > 195)
    #expect(said.hasPrefix("1 ëëë") && said.hasSuffix("ë…"))
  }

  @Test func `never repeats the token or the header made from it`() async throws {
    let basic = Base64.encode(Array("p-1:\(Self.token)".utf8))
    for text in [Self.token, "Basic \(basic)", basic, "\(Self.token)\(Self.token)"] {
      let said = try #require(try await said(401, #"{"code":1,"message":"bad \#(text) given"}"#))
      #expect(!said.contains(Self.token) && !said.contains(basic) && said.contains("[secret]"))
    }
  }

  @Test(arguments: [
    ("https://other.example:8443/a?token=x", "it points to other.example:8443"),
    ("https://user:word@other.example/", "it points to other.example"),
    ("//other.example", "it points to other.example"),
    ("/elsewhere?next=https://x.example/", "it points to another path of the same host"),
    ("https://\u{1B}[2Jx/", #"it points to \u{1B}[2Jx"#),
  ])
  func `with a redirect names the host that it points to`(_ location: String, _ text: String) async throws {
    #expect(try await said(302, "", ["location": location]) == text)
    #expect(try await said(302, "") == nil)
  }

  @Test(arguments: RecordedReply.all(.error))
  func `is shown with a remedy for every recorded error`(_ reply: RecordedReply) async throws {
    for status in [400, 401, 403, 404] {
      let failure = try await failure(HTTPResponse(status: status, body: .bytes(PaddedBytes(reply.bytes))))
      let said = try #require(failure.said)
      let advice = APIErrorText.advice(for: failure, about: .conference, of: .signalWire)
      #expect(failure.text.hasSuffix(": \(said)") && advice.contains(": \(said); "))
    }
  }
}
