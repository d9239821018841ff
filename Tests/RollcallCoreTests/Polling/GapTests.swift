import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite struct `The reason of a gap` {
  private func tracker() throws -> ConferenceTracker {
    ConferenceTracker(
      conference: try #require(ConferenceSID("CF")), friendlyName: nil, origin: .named, confirmsLeft: true,
      interval: .seconds(2), version: "0")
  }

  @Test(
    arguments: [
      (.suspended, .suspended), (.clockJump, .clockJump), (.pollFailed, .pollFailed), (.unauthorised, .pollFailed),
      (.throttled, .pollFailed), (.malformed, .pollFailed), (.diskFull, .pollFailed), (.stateBusy, .pollFailed),
      (.backpressure, .pollFailed), (.restart, .pollFailed),
    ] as [(GapReason, GapReason)])
  func `is the machine's own only where that was disturbed`(told: GapReason, expected: GapReason) throws {
    var tracker = try tracker()
    tracker.disturbed(by: told)
    #expect(tracker.gap.cause.reason == expected)
  }

  @Test(
    arguments: [
      (.backpressure, "nobody takes the events of earlier polls"),
      (.diskFull, "there is no room on the disk for events"),
      (.stateBusy, "another program holds a lock on the state file"), (.throttled, "polls are held back"),
    ] as [(GapReason, String)])
  func `says what polls are held back for`(reason: GapReason, error: String) throws {
    var tracker = try tracker()
    tracker.holdBack(because: reason)
    #expect(tracker.gap.cause == GapMonitor.Cause(reason: reason, error: error))
  }

  @Test func `outlives the failures that it explains, and no others`() {
    var gap = GapMonitor()
    gap.note(GapMonitor.Cause(reason: .suspended, error: "asleep"))
    gap.note(.unreachable(reason: "no route"))
    #expect(gap.cause.reason == .suspended)
    gap.note(.throttled(retryAfter: nil))
    #expect(gap.cause == GapMonitor.Cause(reason: .throttled, error: "the provider throttles (429)"))
    gap.close()
    #expect(gap == GapMonitor())
  }

  @Test func `is the restart until a scan is complete`() {
    var gap = GapMonitor()
    gap.expectRestart(isTold: true)
    gap.note(.unauthorised)
    #expect(gap.cause.reason == .restart)
    #expect(gap.isReported && !gap.isSilent)
  }
}

@Suite struct `A tracker that was asked nothing` {
  private let now = Timestamp(milliseconds: 1_800_000_000_000)

  @Test func `takes no answers`() throws {
    var room = try #require(TrackedConference())
    let call = try #require(CallSID("a"))
    let page = try `Reading a page of participants`.read(#"{"participants":[]}"#)
    #expect(room.tracker.received(PageReply(.page(page, nil), next: nil), at: now).isEmpty)
    #expect(room.tracker.failed(.notFound, at: now).isEmpty)
    #expect(room.tracker.participantAnswered(call, .notFound, at: now).isEmpty)
    #expect(room.tracker.conferenceAnswered(.completed, at: now).isEmpty)
    #expect(room.tracker.isInGap(at: now))
  }

  @Test func `is in a gap when scans are missing`() throws {
    var room = try #require(TrackedConference(interval: .seconds(2)))
    room.people = [FakePerson("a")]
    _ = room.poll()
    #expect(!room.tracker.isInGap(at: room.now))
    #expect(room.tracker.isInGap(at: room.now + .seconds(11)))
  }
}
