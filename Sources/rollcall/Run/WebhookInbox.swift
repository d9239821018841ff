import RollcallCore
import RollcallServer

/// Checks deliveries as a receiver should: signed, fresh, and each event once.
struct WebhookInbox: Sendable {
  /// The maximum difference between a delivery's timestamp and now, in seconds; older ones may be replay attacks.
  static let tolerance: Int64 = 300
  /// The maximum number of ids remembered to recognise repeated deliveries; beyond it the oldest are forgotten.
  static let maximumRemembered = 100_000

  struct Verdict {
    var reply: ServerReply
    /// The event, on one line with its newline; nil if it must not be printed.
    var line: [UInt8]?
    /// What to log; nil for nothing.
    var remark: String?
  }

  private let secrets: [WebhookSecret]
  private var order = FIFO<String>()
  private var known: Set<String> = []

  /// - Parameter secrets: a delivery must be signed with one of them; if this is empty, nothing is verified.
  init(secrets: [WebhookSecret]) { self.secrets = secrets }

  /// - Parameter now: seconds since 1970.
  mutating func judge(_ request: ServerRequest, now: Int64) -> Verdict {
    guard request.method == .post else {
      let reply = ServerReply.methodNotAllowed("rollcall listen accepts only POST\n", allowed: [.post])
      return Verdict(reply: reply, line: nil, remark: nil)
    }
    if let problem = signatureProblem(of: request, now: now) {
      return refusal(401, problem, remark: "refused a delivery: \(problem)")
    }
    guard let value = try? JSONReader.read(request.body), case .object = value else {
      return refusal(400, "the body is not a JSON object", remark: "refused a delivery: its body is not a JSON object")
    }
    guard let id = request.header("webhook-id") else { return accept(request.body, remark: nil) }
    // Recorded before printing: if printing fails, `listen` exits, so an unprinted event never counts as received.
    guard known.insert(id).inserted else {
      return Verdict(reply: ServerReply(status: 204), line: nil, remark: "\(id) was delivered again")
    }
    var remark: String?
    if let previous = request.header("rollcall-previous-id"), !known.contains(previous) {
      remark = "\(previous), which precedes \(id), was not received"
    }
    order.append(id)
    if order.count > Self.maximumRemembered, let oldest = order.popFirst() { known.remove(oldest) }
    return accept(request.body, remark: remark)
  }

  private func signatureProblem(of request: ServerRequest, now: Int64) -> String? {
    guard !secrets.isEmpty else { return nil }
    guard let id = request.header("webhook-id"), let stamp = request.header("webhook-timestamp").flatMap({ Int64($0) }),
      let signature = request.header("webhook-signature")
    else { return "it is not signed" }
    guard (now - Self.tolerance...now + Self.tolerance).contains(stamp) else {
      return "its timestamp is too far from now"
    }
    let isGenuine = secrets.contains {
      WebhookSignature.verify(signature, id: id, timestamp: stamp, body: request.body, secret: $0)
    }
    return isGenuine ? nil : "its signature is wrong"
  }

  private func refusal(_ status: Int, _ text: String, remark: String?) -> Verdict {
    Verdict(reply: .text(text + "\n", status: status), line: nil, remark: remark)
  }

  private func accept(_ body: [UInt8], remark: String?) -> Verdict {
    var line: [UInt8] = []
    JSONText.appendCompacted(body[...], to: &line)
    line.append(UInt8(ascii: "\n"))
    return Verdict(reply: ServerReply(status: 204), line: line, remark: remark)
  }
}
