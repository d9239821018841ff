import RollcallServer
import Testing

@testable import RollcallSimulator

@Suite struct `Faults of the simulated space` {
  private func replies(_ name: String, _ count: Int = 60, query: String = "") throws -> [LoopbackClient.Reply] {
    let space = try TestSpace(name)
    return (0..<count).map { index in
      space.move(to: Int64(index) * 200)
      return space.get(space.list + query)
    }
  }

  @Test func `throttled replies come with and without Retry-After`() throws {
    let replies = try replies("throttled")
    let waits = Set(replies.filter { $0.status == 429 }.map { $0.headers["retry-after"].map { $0.hasSuffix("GMT") } })
    #expect(waits == [nil, false, true])
    #expect(replies.contains { $0.status == 200 })
  }

  @Test func `flaky fails in every way, and sometimes answers`() throws {
    let replies = try replies("flaky", 120)
    #expect(Set(replies.filter { !$0.isBroken }.map(\.status)).isSuperset(of: [200, 500, 502, 503]))
    #expect(replies.contains { $0.isBroken })
    #expect(replies.contains { $0.status == 200 && $0.text.hasPrefix("<!DOCTYPE html>") })
    #expect(replies.contains { $0.status == 404 && $0.text.hasPrefix("<!DOCTYPE html>") })
    #expect(replies.contains { !$0.isBroken && $0.text.hasPrefix("{\"uri") && !$0.text.hasSuffix("]}") })
    #expect(replies.contains { $0.text.hasSuffix("]}") })
  }

  @Test func `flaky can cut off an empty reply`() {
    let dice = FaultDice(faults: [.flaky], seed: 1)
    let replies = (0..<200).map { dice.deliver(ServerReply(status: 204), to: .conferences, at: $0) }
    #expect(replies.allSatisfy { $0.body.isEmpty })
  }

  @Test func `slow replies are delayed, sent in pieces or stalled, the same each time`() {
    let dice = FaultDice(faults: [.slow], seed: 1)
    let replies = (0..<200).map { dice.deliver(.json([]), to: .conferences, at: $0) }
    #expect(replies.contains { $0.delay >= .seconds(20) })
    #expect(replies.contains { $0.delay > .zero && $0.delay < .seconds(3) })
    #expect(replies.contains { $0.delivery == .drip(bytes: 256, every: .milliseconds(20)) })
    #expect(replies.contains { $0.delay == .zero && $0.delivery == .whole })
    #expect(replies.map(\.delay) == (0..<200).map { dice.deliver(.json([]), to: .conferences, at: $0).delay })
  }

  @Test func `torn pages are small and skip a row when a participant leaves`() throws {
    let space = try TestSpace("torn")
    let first = space.get("\(space.list)?PageSize=1000")
    let calls = space.walk(space.list)
    #expect(TestSpace.texts("call_sid", in: first) == Array(calls.prefix(3)))
    _ = space.client.send("DELETE", "\(space.list)/\(calls[0])")
    let rest = space.walk(try #require(TestSpace.texts("next_page_uri", in: first).first))
    #expect(!rest.contains(calls[3]))
    #expect(rest.first == calls[4])
  }

  @Test func `stale replays an older list`() throws {
    let dates = try replies("stale").map { TestSpace.texts("date_updated", in: $0).max() ?? "" }
    #expect(zip(dates, dates.dropFirst()).contains { $0 > $1 })
  }

  @Test func `loop repeats its next link`() throws {
    let space = try TestSpace("loop")
    let first = TestSpace.texts("next_page_uri", in: space.get(space.list))
    #expect(first.count == 1)
    #expect(TestSpace.texts("next_page_uri", in: space.get(try #require(first.first))) == first)
  }

  @Test func `sept writes September as Sept`() throws {
    let replies = try replies("sept", 1)
    #expect(TestSpace.texts("date_created", in: replies[0]).first == "Mon, 24 Sept 2018 21:00:00 +0000")
  }

  @Test func `empty strings replace null`() throws {
    let text = try replies("empty-strings", 1)[0].text
    #expect(text.contains("\"next_page_uri\":\"\",\"previous_page_uri\":\"\""))
    #expect(text.contains("\"call_sid_to_coach\":\"\""))
    #expect(!text.contains("null"))
  }

  @Test func `finished rows stay listed for three seconds`() throws {
    let space = try TestSpace("finished-rows")
    let call = TestSpace.texts("call_sid", in: space.get(space.list))[0]
    _ = space.client.send("DELETE", "\(space.list)/\(call)")
    #expect(space.get("\(space.list)/\(call)").text.contains("\"status\":\"completed\""))
    #expect(TestSpace.texts("call_sid", in: space.get(space.list)).contains(call))
    #expect(space.client.send("DELETE", "\(space.list)/\(call)").status == 404)
    space.move(to: 3100)
    #expect(space.get("\(space.list)/\(call)").status == 404)
    #expect(!TestSpace.texts("call_sid", in: space.get(space.list)).contains(call))
  }

  @Test(arguments: SimulatedProvider.allCases)
  func `all-completed gives every row the status completed, and single participants too`(provider: SimulatedProvider)
    throws
  {
    let space = try TestSpace("all-completed", provider: provider)
    for _ in 0..<2 {
      let list = space.get(space.list)
      let calls = TestSpace.texts("call_sid", in: list)
      #expect(calls.count == 8 && Set(TestSpace.texts("status", in: list)).count == 1)
      let single = space.get("\(space.participant(calls[0]))")
      for reply in [list, single] { #expect(TestSpace.texts("status", in: reply)[0].hasPrefix("complete")) }
      space.space.heal()
    }
    #expect(space.get(space.conferencePath).text.contains("\"status\":\"in-progress\""))
  }

  @Test(arguments: ["throttled", "flaky", "torn", "stale", "loop"])
  func `a healed space answers everything correctly`(name: String) throws {
    let space = try TestSpace(name)
    for index in 1...20 {
      space.move(to: Int64(index) * 200)
      _ = space.get(space.list)
    }
    space.space.heal()
    let replies = (0..<20).map { _ in space.get(space.list) }
    #expect(replies.allSatisfy { $0.status == 200 && $0.text.contains("\"next_page_uri\":null") })
    #expect(Set(replies.map(\.text)).count == 1)
    let truth = space.space.truth(of: space.conference)
    let gone = Set(truth.filter { $0.kind == .left }.map(\.callSID))
    let there = truth.filter { $0.kind == .joined && !gone.contains($0.callSID) }.map(\.callSID)
    #expect(TestSpace.texts("call_sid", in: replies[0]) == there)
  }

  @Test(arguments: SimulatedProvider.allCases)
  func `calls-404 and calls-500 fail look-ups of calls, but not lists`(provider: SimulatedProvider) throws {
    for (name, status) in [("calls-404", 404), ("calls-500", 500)] {
      let space = try TestSpace(name, provider: provider)
      let list = space.get(space.list)
      #expect(list.status == 200)
      let call = try #require(TestSpace.texts("call_sid", in: list).first)
      #expect(space.get(space.call(call)).status == status)
      space.space.heal()
      #expect(space.get(space.call(call)).status == 200)
      #expect(space.space.callRequests == [call: 2])
    }
  }

  @Test func `calls-slow delays only replies about calls`() {
    let dice = FaultDice(faults: [.callsSlow], seed: 1)
    #expect(dice.deliver(.json([]), to: .call("a"), at: 0).delay == .seconds(3))
    #expect(dice.deliver(.json([]), to: .participants("a"), at: 0).delay == .zero)
  }

  @Test(arguments: [("ends-404", 404), ("ends-empty", 200)])
  func `the list of a finished conference ends as its fault says`(name: String, status: Int) throws {
    let space = try TestSpace(name)
    #expect(space.get(space.list).status == 200)
    space.move(to: 4000)
    let reply = space.get(space.list)
    #expect(reply.status == status)
    #expect(TestSpace.texts("call_sid", in: reply).isEmpty)
    #expect(space.get("\(space.base)/\(space.conference)").text.contains("\"status\":\"completed\""))
  }
}
