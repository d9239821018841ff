import RollcallCore
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallKit

/// A program that takes events more slowly than they happen, in simulated time.
@Suite(.timeLimit(.minutes(5)))
struct `A program that is slower than its watch` {
  private static let interval: Duration = .seconds(2)

  /// Runs a watch of one conference until the body has returned and the run is over.
  private static func run(
    people: Int, endsAt end: Int = .max, stateFile: String? = nil,
    _ body: @escaping @Sendable (EventHandoff, EventLoop, FakeSpace) async -> Void
  ) throws -> WatchFailure? {
    try LibraryRun.run(
      { $0.stateFile = stateFile.map { .init(path: $0) } }, endsAt: end,
      people: { now in
        (0..<people).map { number in
          var person = FakePerson("p\(number)")
          (person.muted, person.updated) = (now / 2000 % 2 == 1, now / 1000)
          return person
        }
      }, body)
  }

  private static func polls(_ space: FakeSpace) -> [Int] {
    space.questions.filter { $0.path.hasPrefix("/c/Participants?") }.map(\.at)
  }

  @Test func `pauses polling at the bound, and the outage is reported once polling continues`() throws {
    let found = Mutex<[ConferenceEvent]>([])
    let asked = Mutex<[[Int]]>([])
    let failure = try Self.run(people: 1000) { handoff, loop, space in
      try? await loop.sleep(for: .seconds(61))
      asked.withLock { $0.append(Self.polls(space)) }
      while let event = try? await handoff.next(isolation: nil) {
        found.withLock { $0.append(event) }
        guard event.sequence >= 11_003 else { continue }
        asked.withLock { $0.append(Self.polls(space)) }
        handoff.leave()
      }
    }
    #expect(failure == nil)
    // The first poll emits 1000 events and `watch.started`, each later one 1000. The poll that reaches the bound is the
    // last.
    let before = Array(stride(from: 0, through: 18_000, by: 2000))
    #expect(asked.withLock { $0.first } == before)
    #expect(asked.withLock { $0.last }?.dropFirst(before.count).first == 62_000)
    let events = found.withLock { $0 }
    #expect(events.map(\.sequence) == Array(1...11_003))
    guard case .watchInterrupted(let interruption) = events[10_001].kind,
      case .watchResumed(let resumption) = events[10_002].kind
    else {
      Issue.record("expected an interruption and its end, got \(events[10_001].type) and \(events[10_002].type)")
      return
    }
    #expect(interruption.reason == .backpressure && resumption.reason == .backpressure)
    #expect(resumption.from == WatchedRun.start + .seconds(18) && resumption.to == WatchedRun.start + .seconds(62))
    #expect(resumption.pollsMissed == 21)
  }

  @Test func `gets every event, however long ago its conference ended`() throws {
    let found = Mutex<[ConferenceEvent]>([])
    let failure = try Self.run(people: 3, endsAt: 5000) { handoff, loop, space in
      while let event = try? await handoff.next(isolation: nil) {
        found.withLock { $0.append(event) }
        try? await loop.sleep(for: .seconds(60))
      }
    }
    #expect(failure == nil)
    let events = found.withLock { $0 }
    #expect(
      events.suffix(5).map(\.type) == Array(repeating: "participant.left", count: 3) + [
        "conference.ended", "watch.stopped",
      ])
    #expect(events.last?.kind == .watchStopped(.conferenceEnded))
    #expect(events.map(\.sequence) == Array(1...UInt64(events.count)))
  }

  @Test func `ends the run when it stops reading, with or without an event in progress`() throws {
    for taken in 0...4 {
      let count = Mutex(0)
      let failure = try Self.run(people: 3) { handoff, loop, space in
        for _ in 0..<taken where (try? await handoff.next(isolation: nil)) != nil { count.withLock { $0 += 1 } }
        handoff.leave()
        // The program learns that the watch has ended, and gets no more events.
        let rest = try? await handoff.next(isolation: nil)
        #expect(rest == nil)
      }
      #expect(failure == nil)
      #expect(count.withLock { $0 } == taken)
    }
  }

  @Test func `gets the event in progress again from a state file`() async throws {
    try await StateFolder.use { folder in
      let runs = Mutex<[[ConferenceEvent]]>([])
      for _ in 1...2 {
        let failure = try Self.run(people: 3, stateFile: folder.file("state")) { handoff, _, _ in
          var events: [ConferenceEvent] = []
          while events.count < 2, let event = try? await handoff.next(isolation: nil) { events.append(event) }
          runs.withLock { $0.append(events) }
          handoff.leave()
        }
        #expect(failure == nil)
      }
      let (first, second) = runs.withLock { ($0[0], $0[1]) }
      #expect(first.map(\.sequence) == [1, 2] && second.map(\.sequence) == [2, 3])
      #expect(first[1] == second[0])
    }
  }
}
