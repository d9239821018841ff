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
  /// When the process has read last where receivers are; nil once it reads that no more.
  private var readAt: Moment?
  /// When the machine has last slept.
  private var awakeSince: Moment = 0

  init(_ receivers: [Receiver], judge: Judge, trace: Trace) {
    self.receivers = receivers
    self.judge = judge
    self.trace = trace
    readAt = judge.now
  }

  /// The process reads where receivers are.
  func readsAddresses() { if readAt != nil { readAt = judge.now } }

  func suspended() { awakeSince = judge.now }

  /// What the process delivers from now on goes where it went before.
  func end() { readAt = nil }

  var isEnding: Bool { readAt == nil }

  func die() { requests.cancelAll() }

  /// The process says that a target takes nothing, or takes events again.
  func note(_ target: Int, isCircuitOpen: Bool) {
    if isCircuitOpen { out.insert(target) } else { out.remove(target) }
  }

  func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    guard let (target, place) = Self.target(of: request), let id = request.header("webhook-id"),
      let sequence = judge.delivery.sequence(of: id)
    else {
      judge.fail(.durability, "a request that names no stored event")
      throw HTTPFailure(.unreachable, "nobody answers there")
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

  /// An address that somebody has left is not used any more once the process knows.
  private func checkAddress(_ place: Int, of target: Int) {
    let address = receivers[target].address
    guard place != address.number, let readAt, readAt > address.since else { return }
    guard judge.now - max(readAt, awakeSince) > Self.patience else { return }
    judge.fail(.delivery, "target \(target) has moved, and is asked for where it was")
  }

  /// What was on its way when the process read the addresses may have been begun with the old one.
  private static let patience: Int64 = 5000

  private static func target(of request: HTTPRequest) -> (number: Int, place: Int)? {
    let numbers = request.url.reveal().split(separator: "/").suffix(2).compactMap { Int($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
  }
}

extension HTTPRequest {
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value.reveal() }
}
