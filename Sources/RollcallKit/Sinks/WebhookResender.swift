package import RollcallCore

/// Posts stored events once more to one webhook: one at a time, and each again until it is taken or patience ends.
package struct WebhookResender: Sendable {
  /// What became of an event.
  package enum Outcome: Sendable, Equatable {
    case delivered
    /// The webhook will never take this event, by this answer.
    case rejected(answer: String)
    /// The store no longer has the event as it was: nothing was sent.
    case damaged
    /// The webhook wants no more events, by this answer.
    case gone(answer: String)
    /// It failed for all of ``patience``; the reason names the host at most.
    case failed(reason: String)
    /// The task was cancelled first; the webhook may have the event.
    case cancelled
  }

  /// How long one event is tried.
  package static let patience: Duration = .seconds(60)

  package let target: WebhookTarget
  private let loop: EventLoop
  private let transport: any HTTPTransport
  private let known: KnownNames
  private let patience: Duration

  /// - Parameter known: what messages call conferences and people.
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
  /// - Parameter tell: gets the reason of each attempt that failed and how long the next one waits.
  package func send(_ event: StoredEvent, tell: (String, Duration) -> Void) async -> Outcome {
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
        tell(attempt.text, wait)
        do throws(CancellationError) { try await loop.sleep(for: wait) } catch { return .cancelled }
      }
    }
  }

  /// Waits until the next event may be posted: chat services take one message a second.
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

/// A delivery that tries a webhook and tells nothing.
///
/// It is signed as every other one. A receiver knows it by its type `watch.test` and its sequence 0, which no event has.
package enum WebhookTest {
  package static let type = "watch.test"

  /// Posts it once.
  ///
  /// - Parameter epoch: random bits that keep its id apart from all others.
  /// - Returns: the status of the answer, what was said, and whether that means that it was taken.
  package static func post(
    to target: WebhookTarget, epoch: UInt64, on loop: EventLoop, transport: any HTTPTransport
  ) async throws(HTTPFailure) -> (status: Int, words: String?, isTaken: Bool) {
    let now = loop.wallClock
    let request = target.request(for: event(epoch: epoch, at: now), previous: nil, at: now)
    let reply = try await transport.send(request)
    return (reply.status, target.words(of: reply), target.format.judge(reply, at: now).outcome == .delivered)
  }

  static func event(epoch: UInt64, at now: Timestamp) -> StoredEvent {
    let id = EventStream.id(epoch: epoch, sequence: 0)
    let line = """
      {"id":"\(id)","type":"\(type)","timestamp":"\(now.rfc3339)","sequence":0,"version":"\(RollcallVersion.number)"}\n
      """
    // The type of a stored event is for filters, and none is asked here.
    return StoredEvent(
      sequence: 0, id: id, type: .watchHeartbeat, timestamp: now, conference: nil, call: nil, line: Array(line.utf8))
  }
}
