import RollcallCore

/// The transport of one process's webhooks to their receivers.
///
/// Unchecked because everything of a seed runs on one thread.
final class WebhookTransport: HTTPTransport, @unchecked Sendable {
  private let receivers: [Receiver]
  private let judge: Judge
  private let trace: Trace
  private let requests = PendingRequests<(status: Int?, retryAfter: String?)>()
  /// The number of requests in flight to each target.
  private var inFlight: [Int: Int] = [:]
  /// The targets whose circuit is open, as the process reports.
  private var out: Set<Int> = []
  /// When the process last read the receivers' addresses; nil once it no longer reads them.
  private var readAt: Moment?
  /// When the machine last woke.
  private var awakeSince: Moment = 0

  init(_ receivers: [Receiver], judge: Judge, trace: Trace) {
    self.receivers = receivers
    self.judge = judge
    self.trace = trace
    readAt = judge.now
  }

  /// Records that the process reads the receivers' addresses.
  func readsAddresses() { if readAt != nil { readAt = judge.now } }

  func suspended() { awakeSince = judge.now }

  /// Records that the process no longer reads addresses.
  func end() { readAt = nil }

  var isEnding: Bool { readAt == nil }

  func die() { requests.cancelAll() }

  /// Records that a target's circuit opened or closed.
  func note(_ target: Int, isCircuitOpen: Bool) {
    if isCircuitOpen { out.insert(target) } else { out.remove(target) }
  }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    guard let (target, place) = Self.target(of: request), let id = request.header("webhook-id"),
      let sequence = judge.delivery.sequence(of: id)
    else {
      judge.fail(.durability, "a request does not name a stored event")
      throw HTTPFailure(.unreachable, "no answer")
    }
    checkAddress(place, of: target)
    inFlight[target, default: 0] += 1
    defer { inFlight[target, default: 1] -= 1 }
    judge.delivery.sends(
      target, sequence, previous: request.header("rollcall-previous-id"), isCircuitOpen: out.contains(target),
      inFlight: inFlight[target] ?? 0)
    let answer = await requests.wait { [receivers] take in
      receivers[target].post(request, sequence, to: place) { status, retryAfter in take((status, retryAfter)) }
    }
    guard let answer, !Task.isCancelled else { throw HTTPFailure(.cancelled, "cancelled") }
    trace.note("target \(target) \(sequence): \(answer.status ?? 0)")
    guard let status = answer.status else { throw HTTPFailure(.timedOut, "no answer") }
    if (200...299).contains(status) { judge.delivery.ended(target, sequence, nil) }
    let headers = answer.retryAfter.map { ["retry-after": $0] } ?? [:]
    return HTTPResponse(status: status, headers: headers, body: .bytes(PaddedBytes([])))
  }

  /// Checks that an old address is not used once the process knows the new one.
  private func checkAddress(_ place: Int, of target: Int) {
    let address = receivers[target].address
    guard place != address.number, let readAt, readAt > address.since else { return }
    guard judge.now - max(readAt, awakeSince) > Self.patience else { return }
    judge.fail(.delivery, "target \(target) has moved but was requested at its earlier address")
  }

  /// How long a request begun before the addresses were read may still use the old one.
  private static let patience: Int64 = 5000

  private static func target(of request: HTTPRequest) -> (number: Int, place: Int)? {
    let numbers = request.url.reveal().split(separator: "/").suffix(2).compactMap { Int($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
  }
}

extension HTTPRequest {
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value.reveal() }
}
