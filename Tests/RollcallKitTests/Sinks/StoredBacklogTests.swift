import Testing

@testable import RollcallCore
@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `A webhook's sink on a state file` {
  private static func conference(_ number: Int) -> ConferenceSID? { ConferenceSID("CF\(number)") }

  private static func id(_ sequence: UInt64) -> String { EventStream.id(epoch: StoredRun.epoch, sequence: sequence) }

  @Test func `a stuck lane delays no other, and after a restart it alone continues`() async throws {
    let stream = try StoredRun()
    // The events belong to twenty conferences in turn. The stuck one has the events 1, 21, 41 and so on.
    try await stream.write(8000) { Self.conference($0 % 20) }
    let stuck: UInt64 = 20 * 10 + 1
    let first = try await stream.deliver(for: .seconds(4)) { $0 == stuck ? 503 : 204 }
    #expect(first.report == WebhookSink.Tally(delivered: 7610, deadLetters: 0, undelivered: 390, failedAttempts: 2))
    #expect(first.sequences.count { $0 == stuck } >= 2)
    #expect(first.loaded <= DeliveryLimits.windowOfFile)
    #expect(first.cursor == Cursor(first: 1, taken: 8000, behind: [Self.conference(0): stuck - 1]))
    for lane in 1..<20 as Range<UInt64> {
      let sent = first.sequences.filter { $0 % 20 == (lane + 1) % 20 }
      #expect(sent == (0..<400).map { $0 * 20 + lane + 1 })
    }
    let second = try await stream.deliver(for: .seconds(4)) { _ in 204 }
    #expect(second.sequences == (10..<400).map { $0 * 20 + 1 })
    #expect(second.requests.first?.value(of: "rollcall-previous-id") == Self.id(stuck - 20))
    #expect(second.requests.last?.value(of: "rollcall-previous-id") == Self.id(7961))
    #expect(second.cursor == Cursor(first: 1, taken: 8000))
    #expect(second.report == WebhookSink.Tally(delivered: 390, deadLetters: 0, undelivered: 0))
  }

  @Test func `after a 410 everything in the file becomes a dead letter`() async throws {
    let stream = try StoredRun()
    try await stream.write(5000) { Self.conference($0 % 3) }
    let run = try await stream.deliver(for: .seconds(4)) { $0 == 7 ? 410 : 204 }
    #expect(run.notices.contains(.gone(answer: "answered 410")))
    #expect(run.report.undelivered == 0 && run.report.delivered + run.report.deadLetters == 5000)
    #expect(run.deadLetters == run.report.deadLetters && run.deadLetters >= 4900)
    #expect(run.cursor == Cursor(first: 1, taken: 5000))
  }

  @Test func `beyond the bound the oldest events are given up, which is reported once`() async throws {
    let stream = try StoredRun()
    try await stream.write(3000) { Self.conference($0 % 5) }
    let run = try await stream.deliver(for: .seconds(4), bound: 500) { _ in 503 }
    #expect(run.notices.count { $0 == .overflow(bound: 500) } == 1)
    #expect(run.report.undelivered == 500 && run.report.deadLetters == 2500)
    let rest = try await stream.deliver(for: .seconds(4)) { _ in 204 }
    #expect(rest.report == WebhookSink.Tally(delivered: 500, deadLetters: 0, undelivered: 0))
    // Up to five old events that were in flight may have stayed in place of newer ones.
    #expect(Set(rest.sequences).count == 500 && Set(rest.sequences).isSuperset(of: 2506...3000))
  }

  @Test func `more conferences than lanes are served one after another`() async throws {
    let stream = try StoredRun()
    try await stream.write(600) { Self.conference($0 % 40) }
    let limits = DeliveryLimits.inFile(undelivered: 1000, window: 4, lanes: 3)
    let run = try await stream.deliver(for: .seconds(4), limits: limits) { _ in 204 }
    #expect(run.sequences.sorted() == (1...600).map { $0 })
    #expect(run.loaded == 0)
    for request in run.requests {
      let sequence = StoredRun.sequence(request.value(of: "webhook-id") ?? "")
      let before = request.value(of: "rollcall-previous-id")
      #expect(before == (sequence > 40 ? Self.id(sequence - 40) : nil))
    }
  }

  @Test func `calls and fields apply to events in the file, and to the previous event`() async throws {
    let stream = try StoredRun()
    // Of each six events, the first and the last are wanted: they are about `a`, and of the updates only labels are
    // wanted.
    let six = [
      StoredRun.change(of: "a", .hold), StoredRun.change(of: "b", .hold), StoredRun.change(of: "a", .status),
      StoredRun.change(of: "b", .label), StoredRun.change(of: "b", .status), StoredRun.change(of: "a", .label),
    ]
    try await stream.write((0..<100).flatMap { _ in six })
    let selection = EventFilter(calls: [try #require(CallSID("a"))], fields: [.hold, .label])
    let wanted = (0..<100 as Range<UInt64>).flatMap { [$0 * 6 + 1, $0 * 6 + 6] }
    let first = try await stream.deliver(for: .seconds(4), selection: selection) { $0 < 306 ? 204 : 503 }
    #expect(first.report == WebhookSink.Tally(delivered: 101, deadLetters: 0, undelivered: 99, failedAttempts: 2))
    let second = try await stream.deliver(for: .seconds(4), selection: selection) { $0 == 307 ? 422 : 204 }
    #expect(second.report == WebhookSink.Tally(delivered: 98, deadLetters: 1, undelivered: 0))
    #expect(second.sequences == Array(wanted[101...]))
    let before = second.requests.map { $0.value(of: "rollcall-previous-id") }
    #expect(before == wanted[100...].dropLast().map(Self.id))
  }

  @Test func `a filter applies to events in the file, and to the previous event`() async throws {
    let resumed = EventFilter(types: [.watchResumed])
    let stream = try StoredRun()
    try await stream.write(100) { _ in nil }
    try await stream.write(100, type: .watchHeartbeat) { _ in nil }
    try await stream.write(100) { _ in nil }
    let first = try await stream.deliver(for: .seconds(4), selection: resumed) { $0 < 50 ? 204 : 503 }
    #expect(first.report == WebhookSink.Tally(delivered: 49, deadLetters: 0, undelivered: 151, failedAttempts: 2))
    let second = try await stream.deliver(for: .seconds(4), selection: resumed) { $0 < 201 ? 204 : 503 }
    #expect(second.report == WebhookSink.Tally(delivered: 51, deadLetters: 0, undelivered: 100, failedAttempts: 2))
    let third = try await stream.deliver(for: .seconds(4), selection: resumed) { _ in 204 }
    #expect(third.sequences == (201...300).map { $0 })
    #expect(third.requests.first?.value(of: "rollcall-previous-id") == Self.id(100))
  }
}
