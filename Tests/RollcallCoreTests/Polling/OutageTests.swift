import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite struct `The reason of an outage` {
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
    ] as [(OutageReason, OutageReason)])
  func `is the machine only if a clock was disturbed`(told: OutageReason, expected: OutageReason) throws {
    var tracker = try tracker()
    tracker.interrupted(by: told)
    #expect(tracker.outage.cause.reason == expected)
  }

  @Test(
    arguments: [
      (.backpressure, "earlier events have not been read"),
      (.diskFull, "there is no room on the disk for events"),
      (.stateBusy, "another program holds a lock on the state file"), (.throttled, "polling is paused"),
    ] as [(OutageReason, String)])
  func `says why polling is paused`(reason: OutageReason, error: String) throws {
    var tracker = try tracker()
    tracker.pausePolling(because: reason)
    #expect(tracker.outage.cause == Outage.Cause(reason: reason, error: error))
  }

  @Test func `outlives only the failures that it explains`() {
    var outage = Outage()
    outage.note(Outage.Cause(reason: .suspended, error: "asleep"))
    outage.note(.unreachable(reason: "no route"))
    #expect(outage.cause.reason == .suspended)
    outage.note(.throttled(retryAfter: nil))
    #expect(outage.cause == Outage.Cause(reason: .throttled, error: "the provider is throttling requests (429)"))
    outage.close()
    #expect(outage == Outage())
  }

  @Test func `is the restart until a scan is complete`() {
    var outage = Outage()
    outage.expectRestart(isReported: true)
    outage.note(.unauthorised)
    #expect(outage.cause.reason == .restart)
    #expect(outage.isReported && !outage.isSilent)
  }
}

@Suite struct `A tracker without a poll` {
  private let now = Timestamp(milliseconds: 1_800_000_000_000)

  @Test func `ignores answers`() throws {
    var room = try #require(TrackedConference())
    let call = try #require(CallSID("a"))
    let page = try `Reading a page of participants`.read(#"{"participants":[]}"#)
    #expect(room.tracker.received(PageReply(.page(page, nil), next: nil), at: now).isEmpty)
    #expect(room.tracker.failed(.notFound, at: now).isEmpty)
    #expect(room.tracker.participantAnswered(call, .notFound, at: now).isEmpty)
    #expect(room.tracker.conferenceAnswered(.completed(nil), at: now).isEmpty)
    #expect(room.tracker.isInOutage(at: now))
  }

  @Test func `is in an outage when scans are missing`() throws {
    var room = try #require(TrackedConference(interval: .seconds(2)))
    room.people = [FakePerson("a")]
    _ = room.poll()
    #expect(!room.tracker.isInOutage(at: room.now))
    #expect(room.tracker.isInOutage(at: room.now + .seconds(11)))
  }
}
