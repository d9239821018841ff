import Synchronization
import Testing

@testable import RollcallCore
@testable import RollcallKit

@Suite struct `Resending to a webhook` {
  private struct Run {
    var outcome: WebhookResender.Outcome
    var attempts: Int
    var waits: [Duration]
    /// The time that sending took.
    var took: Duration
  }

  /// Sends one event in simulated time.
  ///
  /// - Parameter limit: when the task is cancelled.
  private static func send(
    for limit: Duration? = nil, answering status: @escaping @Sendable (_ attempt: Int) -> Int
  ) -> Run? {
    let time = SimulatedTime(wallClock: Timestamp(milliseconds: 1_800_000_000_000))
    let loop = EventLoop(time: time)
    let attempts = Mutex(0)
    let transport = AnsweringTransport { _ in
      attempts.withLock { count in
        count += 1
        return status(count)
      }
    }
    let result = Mutex<Run?>(nil)
    _ = loop.run {
      let target = WebhookTarget(url: Secret("https://h.example/x"), host: "h.example")
      let resender = WebhookResender(target, on: loop, transport: transport)
      let began = time.now
      let sending = Task(executorPreference: loop) {
        var waits: [Duration] = []
        let outcome = await resender.send(WebhookTest.event(epoch: 7, at: time.wallClock)) { waits.append($1) }
        return Run(
          outcome: outcome, attempts: transport.requests.count, waits: waits, took: began.duration(to: time.now))
      }
      if let limit {
        try? await loop.sleep(for: limit)
        sending.cancel()
      }
      let run = await sending.value
      result.withLock { $0 = run }
      return 0
    }
    return result.withLock { $0 }
  }

  @Test func `makes one attempt if the event is accepted or rejected`() throws {
    for (status, outcome) in [
      (204, WebhookResender.Outcome.delivered), (422, .rejected(answer: "answered 422")),
      (410, .gone(answer: "answered 410")),
    ] {
      let run = try #require(Self.send { _ in status })
      #expect(run.outcome == outcome && run.attempts == 1 && run.waits.isEmpty)
    }
  }

  @Test func `retries with the waits of a watch until the time limit`() throws {
    let run = try #require(Self.send { _ in 503 })
    #expect(run.outcome == .failed(reason: "answered 503"))
    #expect(run.attempts == 4 && run.waits.count == 3)
    #expect(run.took <= WebhookResender.patience)
    for (wait, usual) in zip(run.waits, RetryPolicy.delays) { #expect(wait >= usual * 0.8 && wait <= usual * 1.2) }
  }

  @Test func `stops when the command is cancelled`() throws {
    let limit: Duration = .seconds(3)
    let run = try #require(Self.send(for: limit) { _ in 503 })
    #expect(run.outcome == .cancelled && run.took == limit)
  }

  @Test func `delivers as soon as the webhook works again`() throws {
    let run = try #require(Self.send { $0 < 3 ? 500 : 200 })
    #expect(run.outcome == .delivered && run.attempts == 3)
  }
}
