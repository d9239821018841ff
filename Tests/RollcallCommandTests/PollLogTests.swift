import RollcallCore
import Testing

@testable import RollcallKit
@testable import rollcall

struct `The log of a run's polls` {
  private func lines(_ notices: PollNotice...) throws -> [String] {
    let logged = try LoggedText()
    for notice in notices { PollLog.show(notice, of: .signalWire, on: logged.log) }
    return logged.lines()
  }

  @Test func `names the conference, or discovery, first`() throws {
    let poll = OriginGovernor.Source.poll(of: try #require(ConferenceSID("CF1")))
    let failure = ScanFailure.unavailable(status: 500, retryAfter: nil)
    #expect(
      try lines(.origin(.failing(poll, failure)), .origin(.recovered(poll))) == [
        "rollcall: warning: CF1: the provider answered 500; retrying", "rollcall: all polls succeed again",
      ])
    #expect(
      try lines(
        .origin(.failing(.discovery, failure)), .origin(.failing(.discovery, .unauthorised)),
        .origin(.recovered(.discovery))) == [
          "rollcall: warning: discovery: the provider answered 500; new conferences are not found until a retry succeeds",
          "rollcall: warning: discovery: the provider refused the token; check the token (SIGNALWIRE_API_TOKEN or "
            + "--token-file) and the project id; new conferences are not found until a retry succeeds",
          "rollcall: discovery: a retry succeeded",
        ])
  }

  @Test func `says how long the start still retries`() throws {
    let poll = OriginGovernor.Source.poll(of: try #require(ConferenceSID("CF1")))
    let failure = ScanFailure.unreachable(reason: "could not connect to h.example port 443")
    #expect(
      try lines(
        .origin(.failing(poll, failure), timeLeft: .milliseconds(29_001)),
        .origin(.failing(.discovery, failure), timeLeft: .seconds(25))) == [
          "rollcall: warning: CF1: could not connect to h.example port 443; retrying; rollcall exits if no retry succeeds "
            + "within 30 s",
          "rollcall: warning: discovery: could not connect to h.example port 443; retrying; rollcall exits if no retry "
            + "succeeds within 25 s",
        ])
  }

  @Test(arguments: [false, true])
  func `recommends --wait and says what it does`(_ isSingleScan: Bool) throws {
    let logged = try LoggedText()
    let (cause, subject) = (WatchOutcome.Cause.discovery(.unknown), WatchSubject.found(.named("Sales")))
    cause.report(of: subject, at: .signalWire, isSingleScan: isSingleScan, on: logged.log)
    #expect(cause.status(of: subject) == .unavailable)
    let advice = isSingleScan ? "give --wait if that is not an error" : "--wait waits for one"
    #expect(logged.lines() == [#"rollcall: no conferences named "Sales" are in progress; \#(advice)"#])
  }
}

struct `The log of a failing webhook at the end of a run` {
  @Test(arguments: [
    (1, false, "1 event not", "two signals (Ctrl-C twice) exit"),
    (3, true, "3 events not", "another signal (Ctrl-C) exits"),
  ])
  func `says for how long events are retried, and how to end that`(
    _ count: Int, isSignalled: Bool, _ events: String, _ signals: String
  ) throws {
    let logged = try LoggedText()
    let words = NoticeLog(
      log: logged.log, subject: .found(.all), provider: .signalWire, isDurable: false, isSingleScan: false)
    let report = WebhookSinks.Report(name: "ops", label: "ops", tally: .init(undelivered: count), isFailing: true)
    words.take(.draining(report, for: .milliseconds(7001), isSignalled: isSignalled))
    #expect(
      logged.lines() == [
        "rollcall: webhook ops: \(events) delivered yet; retrying for up to 8 s; \(signals) at once"
      ])
  }
}
