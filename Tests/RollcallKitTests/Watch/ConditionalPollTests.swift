import RollcallCore
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5))) struct `Polls of a provider with ETags` {
  private static func room(_ now: Int) -> [FakeConference] {
    var (a, b) = (FakePerson("a"), FakePerson("b"))
    a.muted = now > 7000
    a.updated = now > 7000 ? 7 : 0
    b.hold = now > 70_000
    b.updated = now > 70_000 ? 70 : 0
    return [FakeConference(sid: "c", people: now > 3000 ? [a, b] : [a])]
  }

  private static func honest(_ question: FakeSpace.Question, _ body: [UInt8]) -> String? { "\"\(FNV1a.digest(body))\"" }

  private static func settings(_ tell: @escaping @Sendable (PollNotice) -> Void = { _ in }) -> WatchSettings {
    var settings = WatchSettings(interval: .seconds(2))
    settings.show = tell
    return settings
  }

  /// Returns the times of unconditional requests for lists.
  private static func whole(_ run: WatchedRun) -> [Int] {
    run.space.questions.filter { $0.path.hasPrefix("/c/Participants?") && $0.condition == nil }.map(\.at)
  }

  @Test func `give the same events as without, and request the whole list once a minute`() {
    let plain = WatchedRun(Self.settings(), conferences: Self.room)
    _ = plain.watch(["c"], for: .seconds(150))
    let tagged = WatchedRun(Self.settings(), tags: Self.honest, conferences: Self.room)
    _ = tagged.watch(["c"], for: .seconds(150))
    #expect(tagged.told.map { "\($0.at) \($0.type)" } == plain.told.map { "\($0.at) \($0.type)" })
    #expect(tagged.types.contains("participant.joined") && tagged.types.contains("participant.held"))
    #expect(tagged.polls(of: "c") == plain.polls(of: "c"))
    #expect(Self.whole(tagged) == [0, 60_000, 120_000])
    #expect(Self.whole(plain) == plain.polls(of: "c"))
  }

  @Test(arguments: [true, false])
  func `detect within a minute a tag that did not change with the list, and never use tags again`(isWeak: Bool) {
    let notices = Mutex<[PollNotice]>([])
    let tag = isWeak ? "W/\"1\"" : "\"1\""
    let run = WatchedRun(
      Self.settings { notice in notices.withLock { $0.append(notice) } }, tags: { _, _ in tag }, conferences: Self.room)
    _ = run.watch(["c"], for: .seconds(150))
    #expect(run.told("participant.joined").map(\.at) == [60_000])
    #expect(run.told("participant.held").map(\.at) == [72_000])
    #expect(notices.withLock { $0 } == [.etagsRepeat])
    #expect(Self.whole(run) == [0] + run.polls(of: "c").filter { $0 >= 60_000 })
  }

  @Test func `treat an unrequested 304 as a failed scan`() {
    let run = WatchedRun(
      Self.settings(),
      fault: { $0.at == 4000 && $0.path.contains("Participants") ? FakeSpace.reply(304) : nil }, conferences: Self.room)
    _ = run.watch(["c"], for: .seconds(15))
    #expect(run.told("participant.joined").map(\.at) != [4000])
    #expect(run.told("participant.joined").count == 1)
    #expect(run.told("participant.left").isEmpty)
    // A reply that counted as an unchanged list would hide the outage.
    let longer = WatchedRun(
      Self.settings(),
      fault: { (4000...64_000).contains($0.at) && $0.path.contains("Participants") ? FakeSpace.reply(304) : nil },
      conferences: Self.room)
    _ = longer.watch(["c"], for: .seconds(150))
    #expect(longer.told("watch.interrupted").count == 1 && longer.told("watch.resumed").count == 1)
    let joined = longer.told("participant.joined").map(\.at)
    #expect(joined.count == 1 && joined.allSatisfy { $0 > 64_000 })
  }

  @Test func `send back no tag that is malformed or too long`() {
    let long = "\"" + String(repeating: "x", count: EntityTag.maximumBytes - 2) + "\""
    #expect(EntityTag.usable(long) == long)
    for bad in ["\"" + long, "", "x", "\"", "W/", "W/\"", "w/\"1\"", "\"a\"b\"", "\"a b\"", "\"ü\""] {
      #expect(EntityTag.usable(bad) == nil)
      let run = WatchedRun(Self.settings(), tags: { _, _ in bad }, conferences: Self.room)
      _ = run.watch(["c"], for: .seconds(9))
      #expect(Self.whole(run) == run.polls(of: "c"))
    }
  }

  @Test func `keep the page of the last complete scan through failed ones`() {
    let run = WatchedRun(
      Self.settings(),
      fault: {
        (4000...9000).contains($0.at) && $0.path.contains("Participants")
          ? FakeSpace.reply(503, "", ["etag": "\"z\""]) : nil
      },
      tags: Self.honest, conferences: Self.room)
    _ = run.watch(["c"], for: .seconds(30))
    let conditions = run.space.questions.compactMap(\.condition)
    #expect(!conditions.contains("\"z\""))
    #expect(run.told("participant.joined").count == 1 && run.told("participant.muted").count == 1)
    #expect(run.told("participant.left").isEmpty)
  }
}
