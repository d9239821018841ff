package import RollcallCore

/// Posts stored events to one webhook again: one at a time, retrying each until it is accepted or patience ends.
package struct WebhookResender: Sendable {
  /// The outcome of resending an event.
  package enum Outcome: Sendable, Equatable {
    case delivered
    /// The webhook will never accept this event, according to this answer.
    case rejected(answer: String)
    /// Nothing was sent, because the store no longer has the event's frozen bytes.
    case damaged
    /// The webhook wants no more events, according to this answer.
    case gone(answer: String)
    /// It failed for all of ``patience``; the reason names at most the host.
    case failed(reason: String)
    /// The task was cancelled first; the webhook may have received the event.
    case cancelled
  }

  /// How long to try one event.
  package static let patience: Duration = .seconds(60)

  package let target: WebhookTarget
  private let loop: EventLoop
  private let transport: any HTTPTransport
  private let known: KnownNames
  private let patience: Duration

  /// - Parameter known: the names of conferences and participants for messages.
  package init(
    _ target: WebhookTarget, on loop: EventLoop, transport: any HTTPTransport,
    known: KnownNames = KnownNames(), patience: Duration = patience
  ) {
    self.target = target
    self.known = known
    self.loop = loop
    self.transport = transport
    self.patience = patience
  }

  /// Posts an event with its id and bytes, signed anew for each attempt, and waits between attempts as a watch does.
  ///
  /// - Parameter onRetry: receives the reason of each failed attempt, and how long the next one waits.
  package func send(_ event: StoredEvent, onRetry: (String, Duration) -> Void) async -> Outcome {
    guard !event.isDamaged else { return .damaged }
    let end = loop.now.advanced(by: patience)
    var failures = 0
    while true {
      let attempt = await attempt(event)
      switch attempt.outcome {
      case .delivered: return .delivered
      case .rejected: return .rejected(answer: attempt.text)
      case .damaged: return .damaged
      case .gone: return .gone(answer: attempt.text)
      case .retry where Task.isCancelled: return .cancelled
      case .retry(let retryAfter):
        failures += 1
        var random = loop.jitter()
        let delay = RetryPolicy.delay(failures: failures, retryAfter: retryAfter, using: &random)
        let wait = max(delay, target.format.pace.gap)
        guard loop.now.advanced(by: wait) <= end else { return .failed(reason: attempt.text) }
        onRetry(attempt.text, wait)
        do throws(CancellationError) { try await loop.sleep(for: wait) } catch { return .cancelled }
      }
    }
  }

  /// Waits until the next event may be posted: chat services accept one message per second.
  package func rest() async {
    let gap = target.format.pace.gap
    if gap > .zero { try? await loop.sleep(for: gap) }
  }

  private func attempt(_ event: StoredEvent) async -> WebhookAttempt {
    let context = known.context(of: event.conference)
    let request = target.request(for: event, known: context, previous: nil, at: loop.wallClock)
    return await target.post(request, by: transport, on: loop)
  }
}

/// A test delivery, which reports no event.
///
/// It is signed like any other. A receiver recognises it by its type `watch.test` and its sequence 0, which no event
/// has.
package enum WebhookTest {
  package static let type = "watch.test"

  /// Posts a test once.
  ///
  /// - Parameter epoch: random bits that make its id unique.
  /// - Returns: the status of the answer, its text, and whether it means that the event was accepted.
  package static func post(
    to target: WebhookTarget, epoch: UInt64, on loop: EventLoop, transport: any HTTPTransport
  ) async throws(HTTPFailure) -> (status: Int, words: String?, isTaken: Bool) {
    let now = loop.wallClock
    let request = target.request(for: event(epoch: epoch, at: now), previous: nil, at: now)
    let reply = try await target.send(request, by: transport)
    return (reply.status, target.words(of: reply), target.format.judge(reply, at: now).outcome == .delivered)
  }

  static func event(epoch: UInt64, at now: Timestamp) -> StoredEvent {
    let id = EventStream.id(epoch: epoch, sequence: 0)
    let line = """
      {"id":"\(id)","type":"\(type)","timestamp":"\(now.rfc3339)","sequence":0,"version":"\(RollcallVersion.number)"}\n
      """
    // The type of a stored event is only used by filters, and none applies here.
    return StoredEvent(
      sequence: 0, id: id, type: .watchHeartbeat, timestamp: now, conference: nil, call: nil, line: Array(line.utf8))
  }
}
