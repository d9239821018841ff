import RollcallCore
import Testing

struct WebhookSignatureTests {
  static let secretA = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  static let secretB = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
  static let rotated = #"{"type":"participant.muted","timestamp":"2026-01-01T00:00:00Z","data":{"label":"Zoë ☎"}}"#

  struct Vector: Sendable {
    var secrets: [String]
    var id: String
    var timestamp: Int64
    var body: String
    var value: String
  }

  /// From the reference implementations' own tests; the last ones were made with Python's standardwebhooks 1.1.0.
  static let vectors = [
    Vector(
      secrets: [secretA], id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330,
      body: #"{"test": 2432232314}"#, value: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    Vector(
      secrets: [secretB], id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", timestamp: 1_649_367_553,
      body: #"{"email":"test@example.com","username":"test_user"}"#,
      value: "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="),
    Vector(
      secrets: [secretA, secretB], id: "evt_0001", timestamp: 1_767_225_600, body: rotated,
      value: "v1,9MZCb5+80gZD5z2NVNGV7M7HaNePwHiSu/h3D5FO+Pg= v1,MDrlGzlplAMBkbCTV10b8px86n3LyTqi1wMDwDkCnZ0="),
  ]

  @Test(arguments: vectors)
  func `the published vectors are reproduced, and verify with each of their secrets`(vector: Vector) throws {
    let secrets = try vector.secrets.map { try WebhookSecret($0) }
    let body = Array(vector.body.utf8)
    let value = WebhookSignature.headerValue(id: vector.id, timestamp: vector.timestamp, body: body, secrets: secrets)
    #expect(value == vector.value)
    for secret in secrets {
      let signed = "v1a,zz v2,x \(value)"
      #expect(
        WebhookSignature.verify(signed, id: vector.id, timestamp: vector.timestamp, body: body, secret: secret))
    }
  }

  @Test func `one changed bit of the body, the id or the time is detected`() throws {
    let vector = Self.vectors[0]
    let secret = try WebhookSecret(Self.secretA)
    let body = Array(vector.body.utf8)
    for bit in 0..<(body.count * 8) {
      var changed = body
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(
        !WebhookSignature.verify(
          vector.value, id: vector.id, timestamp: vector.timestamp, body: changed, secret: secret))
    }
    #expect(!WebhookSignature.verify(vector.value, id: "msg_", timestamp: vector.timestamp, body: body, secret: secret))
    #expect(!WebhookSignature.verify(vector.value, id: vector.id, timestamp: 1, body: body, secret: secret))
    #expect(
      !WebhookSignature.verify(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=", id: vector.id, timestamp: vector.timestamp, body: body,
        secret: secret))
  }

  /// GitHub's documented example.
  @Test func `the hub signature equals GitHub's documented example`() {
    let value = WebhookSignature.hub(
      body: Array("Hello, World!".utf8), secret: Array("It's a Secret to Everybody".utf8))
    #expect(value == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
  }

  @Test func `a secret is read, with padding or without, and written again`() throws {
    for count in WebhookSecret.lengths {
      let secret = try WebhookSecret(key: SHA256Tests.pattern(count))
      #expect(try WebhookSecret(secret.reveal()) == secret)
      #expect(try WebhookSecret(secret.reveal().filter { $0 != "=" }) == secret)
    }
  }

  @Test(
    arguments: [
      ("", .missingPrefix), ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", .missingPrefix), ("WHSEC_AAAA", .missingPrefix),
      ("whsec_%%%%", .notBase64), ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", .notBase64),
      ("whsec_", .wrongLength(0)), ("whsec_AAAA", .wrongLength(3)),
      ("whsec_" + Base64.encode(Array(repeating: 1, count: 65)), .wrongLength(65)),
    ] as [(String, WebhookSecret.Flaw)])
  func `an invalid secret is rejected with the reason`(text: String, flaw: WebhookSecret.Flaw) {
    #expect(throws: flaw) { try WebhookSecret(text) }
    #expect(!flaw.description.contains("MfKQ"))
  }

  @Test func `a secret is never printed`() throws {
    let secret = try WebhookSecret(Self.secretA)
    var dumped = ""
    dump([secret], to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), "\([secret])", "\(Optional(secret) as Any)", dumped] {
      #expect(text.contains("[secret]") && !text.contains("MfKQ") && !text.contains("49"))
    }
  }
}
