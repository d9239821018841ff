import Synchronization
import Testing

@testable import RollcallCore
@testable import RollcallKit

/// Events whose bytes in the state file are no longer those that were stored.
@Suite(.timeLimit(.minutes(5))) struct `A damaged event` {
  private static let lane = ConferenceSID("CF")
  private static let calls: Set<CallSID> = Set([CallSID("CA1")].compactMap(\.self))

  @Test func `becomes a dead letter of a webhook, which gets the others`() async throws {
    let run = try StoredRun()
    try await run.write(3) { _ in Self.lane }
    try run.damage(2)
    let outcome = try await run.deliver(for: .seconds(5)) { _ in 204 }
    #expect(outcome.sequences == [1, 3] && outcome.deadLetters == 1)
    #expect(outcome.report == WebhookSink.Tally(delivered: 2, deadLetters: 1, undelivered: 0))
    #expect(outcome.cursor.done == 3)
  }

  /// Makes the type unknown, or the line invalid JSON.
  private static let damages = ["type = 'participant.heId'", "line = replace(line, '{', '[')"]

  @Test(arguments: damages, [EventFilter(types: [.participantHeld]), EventFilter(calls: calls)])
  func `becomes a dead letter of a webhook with a filter, whatever part of it is damaged`(
    damage: String, filter: EventFilter
  ) async throws {
    let run = try StoredRun()
    try await run.write((0..<3).map { _ in StoredRun.change(of: "CA1", .hold) })
    try run.damage(2, damage)
    let outcome = try await run.deliver(for: .seconds(5), selection: filter) { _ in 204 }
    #expect(outcome.sequences == [1, 3] && outcome.deadLetters == 1)
    #expect(outcome.report == WebhookSink.Tally(delivered: 2, deadLetters: 1, undelivered: 0))
  }

  @Test(
    arguments: damages,
    [
      EventFilter(types: [.participantUpdated]), EventFilter(calls: calls),
      EventFilter(fields: [.label]),
    ])
  func `becomes a dead letter also if a later run resumes its lane`(
    damage: String, filter: EventFilter
  ) async throws {
    let run = try StoredRun()
    try await run.write((0..<3).map { _ in StoredRun.change(of: "CA1", .label) })
    let first = try await run.deliver(for: .seconds(1), selection: filter) { _ in 503 }
    #expect(first.cursor == Cursor(first: 1, taken: 3, behind: [Self.lane: 0]))
    try run.damage(2, damage)
    let outcome = try await run.deliver(for: .seconds(5), selection: filter) { _ in 204 }
    #expect(outcome.sequences == [1, 3] && outcome.deadLetters == 1)
    #expect(outcome.report == WebhookSink.Tally(delivered: 2, deadLetters: 1, undelivered: 0))
    #expect(outcome.cursor.done == 3)
    // An unreadable record has no id that the next event could name.
    #expect(outcome.requests.allSatisfy { $0.value(of: "rollcall-previous-id")?.isEmpty != true })
  }

  @Test func `is left out of standard output, and reported once`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      _ = try await store.cursor(of: LineWriter.target)
      let draft = Event(.watchStopped, at: Timestamp(milliseconds: 0), conference: nil)
      try await store.commit(PollCommit([draft, draft, draft]))
      try SQLiteDatabase(path: folder.file("state"), .readWrite).execute(
        "UPDATE event SET line = replace(line, 'stopped', 'stoqqed') WHERE sequence = 2")
      let (told, format) = (Told(), Taken())
      let damages = DamageLog { notice in
        if case .damaged(let sequence) = notice { told.sequences.withLock { $0.append(sequence) } }
      }
      let writer = LineWriter(
        on: folder.loop, store: store, output: DescriptorOutput(on: folder.loop, to: NonblockingOutput(-1)),
        format: format, selection: .all, damages: damages)
      #expect(await writer.drain() == nil)
      #expect(format.sequences.withLock { $0 } == [1, 3])
      damages.report(try await store.events(after: 1, limit: 1)[0])
      #expect(told.sequences.withLock { $0 } == [2])
      try await store.sync()
      let letters = try SQLiteDatabase(path: folder.file("state"), .readOnly)
        .prepare("SELECT target, sequence, reason FROM dead_letter")
      #expect(try letters.next() && letters.text(0) == "stdout" && letters.integer(1) == 2)
      #expect(letters.text(2) == "damaged")
    }
  }

  private final class Told: Sendable {
    let sequences = Mutex<[UInt64]>([])
  }

  /// Accepts events without writing anything.
  private final class Taken: LineFormat {
    let sequences = Mutex<[UInt64]>([])

    func bytes(of event: StoredEvent) -> [UInt8] {
      sequences.withLock { $0.append(event.sequence) }
      return []
    }
  }
}
