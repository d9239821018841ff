import RollcallCore

/// Carries the webhooks of one process to their receivers.
///
/// Unchecked because everything of a seed happens on one thread.
final class WebhookTransport: HTTPTransport, @unchecked Sendable {
  private let receivers: [Receiver]
  private let judge: Judge
  private let trace: Trace
  private let requests = PendingRequests<(status: Int?, retryAfter: String?)>()
  /// How many requests are under way to each target.
  private var inFlight: [Int: Int] = [:]
  /// Targets that the process says are out.
  private var out: Set<Int> = []

  init(_ receivers: [Receiver], judge: Judge, trace: Trace) {
    self.receivers = receivers
    self.judge = judge
    self.trace = trace
  }

  func die() { requests.cancelAll() }

  /// The process says that a target takes nothing, or takes events again.
  func note(_ target: Int, isOut: Bool) {
    if isOut { out.insert(target) } else { out.remove(target) }
  }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    guard let target = Self.target(of: request), let id = request.header("webhook-id"),
      let sequence = judge.delivery.sequence(of: id)
    else {
      judge.fail(.durability, "a request that names no stored event")
      throw HTTPFailure(.unreachable, "nobody answers there")
    }
    inFlight[target, default: 0] += 1
    defer { inFlight[target, default: 1] -= 1 }
    judge.delivery.sends(
      target, sequence, previous: request.header("rollcall-previous-id"), isOut: out.contains(target),
      inFlight: inFlight[target] ?? 0)
    let answer = await requests.wait { [receivers] take in
      receivers[target].post(request, sequence) { status, retryAfter in take((status, retryAfter)) }
    }
    guard let answer, !Task.isCancelled else { throw HTTPFailure(.cancelled, "cancelled") }
    trace.note("target \(target) \(sequence): \(answer.status ?? 0)")
    guard let status = answer.status else { throw HTTPFailure(.timedOut, "no answer") }
    if (200...299).contains(status) { judge.delivery.ended(target, sequence, nil) }
    let headers = answer.retryAfter.map { ["retry-after": $0] } ?? [:]
    return HTTPResponse(status: status, headers: headers, body: .bytes(PaddedBytes([])))
  }

  private static func target(of request: HTTPRequest) -> Int? {
    request.url.reveal().split(separator: "/").last.flatMap { Int($0) }
  }
}

extension HTTPRequest {
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value.reveal() }
}
