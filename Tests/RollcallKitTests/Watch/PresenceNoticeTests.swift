import RollcallCore
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallKit

/// Notices about lists and confirmations that say little about who is in the room.
struct PresenceNoticeTests {
  private final class Notices: Sendable {
    let list = Mutex<[PollNotice]>([])

    var settings: WatchSettings {
      var settings = WatchSettings(interval: .seconds(2))
      settings.show = { notice in self.list.withLock { $0.append(notice) } }
      return settings
    }
  }

  /// Returns a room in which `a` is muted at 3 s, `c` joins at 5 s and `b` leaves at 7 s, all of them `completed`.
  private static func completed(_ now: Int) -> [FakeConference] {
    var people = [FakePerson("a"), FakePerson("b")]
    people[0].muted = now >= 3000
    if now >= 5000 { people.append(FakePerson("c", created: 5)) }
    if now >= 7000 { people.remove(at: 1) }
    for index in people.indices { people[index].status = "completed" }
    return [FakeConference(sid: "c", people: people, status: now < 15_000 ? "in-progress" : "completed")]
  }

  @Test func `a conference whose statuses are all completed is watched like any other, with one warning`() throws {
    let notices = Notices()
    let run = WatchedRun(notices.settings, conferences: Self.completed)
    #expect(run.watch(["c"], for: .seconds(30)) == ["c": .ended])
    let told = run.told.map { "\($0.at / 1000) \($0.type.split(separator: ".")[1]) \($0.draft.call?.text ?? "")" }
    #expect(
      told == [
        "0 present a", "0 present b", "0 started ", "4 muted a", "6 joined c", "8 left b", "16 left a", "16 left c",
        "16 ended ",
      ])
    let conference = try #require(ConferenceSID("c"))
    #expect(notices.list.withLock { $0 } == [.statusesSayNothing(conference)])
    // Each poll requests the conference, because nothing else shows its end.
    #expect(run.space.questions.count { $0.path == "/c" } == run.polls(of: "c").count)
  }

  @Test func `a completed conference has ended before it is watched`() throws {
    let notices = Notices()
    let run = WatchedRun(notices.settings, conferences: { Self.completed($0 + 15_000) })
    #expect(run.watch(["c"], for: .seconds(30)) == ["c": .over])
    let conference = try #require(ConferenceSID("c"))
    #expect(run.told.isEmpty && notices.list.withLock { $0 } == [.over(conference, othersGoOn: false)])
  }

  @Test(arguments: [(403, true), (500, false), (401, true)])
  func `a refused confirmation is reported once, and causes no departure`(status: Int, isTold: Bool) throws {
    let notices = Notices()
    let run = WatchedRun(
      notices.settings,
      fault: { $0.path.contains("/Participants/") ? FakeSpace.reply(status, #"{"code":20003}"#) : nil },
      conferences: { now in
        [FakeConference(sid: "c", people: [FakePerson("a")] + (now < 3000 ? [FakePerson("b")] : []))]
      })
    _ = run.watch(["c"], for: .seconds(20))
    #expect(run.types == ["participant.present", "participant.present", "watch.started"])
    #expect(run.space.questions.count { $0.path == "/c/Participants/b" } > 5)
    let conference = try #require(ConferenceSID("c"))
    #expect(notices.list.withLock { $0 } == (isTold ? [.confirmationRefused(conference)] : []))
  }
}
