import RollcallCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A verifier in Swift. Debian's webhook, whose own rules do not support Standard Webhooks, runs it for each POST. It
/// prints the event's type and exits with 0 if the signature is valid and new; with any other status webhook answers
/// 500.
@main struct Verify {
  /// The maximum difference between the clocks, in seconds. It also prevents others from replaying an old POST.
  private static let tolerance: Int64 = 300

  static func main() {
    guard let text = variable("ROLLCALL_WEBHOOK_SECRET"), let secret = try? WebhookSecret(text) else {
      return end("ROLLCALL_WEBHOOK_SECRET is not a whsec_… secret", 78)
    }
    guard let body = variable("EVENT"), let id = variable("WEBHOOK_ID"), let signature = variable("WEBHOOK_SIGNATURE"),
      let timestamp = variable("WEBHOOK_TIMESTAMP").flatMap(Int64.init)
    else { return end("this is no webhook", 65) }
    guard abs(Int64(time(nil)) - timestamp) <= tolerance else { return end("too old, or from the future", 65) }
    guard
      WebhookSignature.verify(signature, id: id, timestamp: timestamp, body: Array(body.utf8), secret: secret)
    else { return end("the signature is wrong", 77) }
    guard let event = try? ConferenceEvent(line: Array(body.utf8)) else { return end("this is no event", 65) }
    print("taken: \(id)", event.type)
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func end(_ reason: String, _ code: Int32) {
    print(reason)
    exit(code)
  }
}
