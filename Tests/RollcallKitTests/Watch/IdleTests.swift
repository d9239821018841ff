import RollcallCore
import RollcallTestKit
import Testing

@testable import RollcallKit

/// Counts how often the loop wakes, because processor time depends on the machine.
@Suite(.timeLimit(.minutes(5)))
struct `A watch of one quiet room` {
  private struct Outcome {
    var work: EventLoop.Work
    var polls: Int
    /// The number of discovery requests after the first, which no timer starts.
    var looks: Int
  }

  private static let seconds = 300
  /// The end is not at a time when something is due, so that no test depends on the order of simultaneous events.
  private static let time: Duration = .milliseconds(seconds * 1000 + 500)

  /// - Parameter selection: nil watches the room by its sid.
  private static func outcome(_ selection: ConferenceSelection?, for time: Duration = time) -> Outcome {
    let run = WatchedRun { _ in [FakeConference(sid: "c", name: "Sales", people: [FakePerson("a")])] }
    // Real watches do not start exactly when a timer fires.
    run.time.advance(to: BootInstant(nanoseconds: 1_234_567))
    if let selection {
      _ = run.watch(selection, for: time)
    } else {
      _ = run.watch(["c"], for: time)
    }
    return Outcome(work: run.loop.work, polls: run.polls(of: "c").count, looks: max(run.looks.count - 1, 0))
  }

  @Test(arguments: [nil, .named("Sales"), .matching(Glob("S*")), .all] as [ConferenceSelection?])
  func `wakes for its polls, for discovery and once per second`(_ selection: ConferenceSelection?) {
    let outcome = Self.outcome(selection)
    #expect((149...151).contains(outcome.polls))
    // One more timer ends the test.
    #expect(outcome.work.timersFired <= outcome.polls + outcome.looks + Self.seconds + 1)
    #expect(outcome.work.waits <= outcome.work.timersFired)
  }

  @Test func `does no more later than in its first seconds, because there is nothing to save`() {
    func jobs(_ seconds: Int) -> Int { Self.outcome(nil, for: .milliseconds(seconds * 1000 + 500)).work.jobs }
    #expect(jobs(28) - jobs(22) == jobs(8) - jobs(2))
  }

  @Test(arguments: [ConferenceSelection.named("Sales"), .matching(Glob("S*")), .all])
  func `costs no more if it is found by discovery than if it is named by its sid`(_ selection: ConferenceSelection) {
    let (named, found) = (Self.outcome(nil), Self.outcome(selection))
    #expect(found.polls == named.polls)
    #expect(found.work.timersFired - found.looks == named.work.timersFired)
    #expect(found.work.waits - found.looks <= named.work.waits)
  }
}
