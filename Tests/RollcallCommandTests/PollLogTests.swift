import RollcallCore
import RollcallKit
import Testing

@testable import rollcall

struct `What a run says of its polls` {
  private func lines(_ notices: WatchNotice...) throws -> [String] {
    let logged = try LoggedText()
    for notice in notices { PollLog.tell(notice, of: .signalWire, on: logged.log) }
    return logged.lines()
  }

  @Test func `names the conference, or discovery, first`() throws {
    let poll = OutageSource.poll(of: try #require(ConferenceSID("CF1")))
    let failure = ScanFailure.unavailable(status: 500, retryAfter: nil)
    #expect(
      try lines(.failing(poll, failure), .recovered(poll)) == [
        "rollcall: warning: CF1: the provider answered 500; retrying", "rollcall: no poll fails any longer",
      ])
    #expect(
      try lines(.failing(.discovery, failure), .failing(.discovery, .unauthorised), .recovered(.discovery)) == [
        "rollcall: warning: discovery: the provider answered 500; no new conferences are noticed until a retry succeeds",
        "rollcall: warning: discovery: the provider refused the token; "
          + "no new conferences are noticed until a retry succeeds",
        "rollcall: discovery: a retry succeeded",
      ])
  }

  @Test(arguments: [false, true])
  func `advises --wait where it waits, and where it only accepts that there is nobody`(_ isSingleScan: Bool) throws {
    let logged = try LoggedText()
    let (reason, status) = WatchEnding.discovery(.notFound).judge(
      of: .found(.named("Sales")), at: .signalWire, isSingleScan: isSingleScan, log: logged.log)
    #expect(reason == .error && status == .unavailable)
    let advice = isSingleScan ? "give --wait where that is no error" : "--wait waits for one"
    #expect(logged.lines() == [#"rollcall: no conference of the name "Sales" is in progress; \#(advice)"#])
  }
}
