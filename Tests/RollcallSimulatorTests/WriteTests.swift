import RollcallServer
import Testing

@testable import RollcallSimulator

@Suite struct `Writing requests to the simulated space` {
  @Test func `a change appears in the reply, the list and the history`() throws {
    let space = try TestSpace("quiet")
    let call = try #require(space.space.callSID(of: "caller", in: space.conference))
    space.move(to: 5000)
    let reply = space.post("\(space.list)/\(call).json", "Muted=True&Hold=true")
    #expect(reply.status == 200)
    #expect(reply.text.contains("\"hold\":true,\"muted\":true"))
    #expect(reply.text.contains("\"date_updated\":\"Mon, 05 Jan 2026 12:00:05 +0000\""))
    #expect(space.get(space.list).text.contains(reply.text))
    #expect(
      space.space.truth(of: space.conference).suffix(2) == [
        TruthEntry(milliseconds: 5000, kind: .muted, callSID: call),
        TruthEntry(milliseconds: 5000, kind: .held, callSID: call),
      ])
  }

  @Test func `coaching can get a target, another one, and none`() throws {
    let space = try TestSpace("quiet")
    let sids = TestSpace.texts("call_sid", in: space.get(space.list))
    let coach = "\(space.list)/\(sids[2])"
    #expect(space.post(coach, "Coaching=true&CallSidToCoach=nobody").text.contains("16002"))
    let started = space.post(coach, "Muted=false&Coaching=true&CallSidToCoach=\(sids[0])")
    #expect(started.text.contains("\"call_sid_to_coach\":\"\(sids[0])\",\"coaching\":true"))
    let moved = space.post(coach, "CallSidToCoach=\(sids[1])")
    #expect(moved.text.contains("\"call_sid_to_coach\":\"\(sids[1])\",\"coaching\":true"))
    let stopped = space.post(coach, "Coaching=false&CallSidToCoach=")
    #expect(stopped.text.contains("\"call_sid_to_coach\":null,\"coaching\":false"))
    #expect(
      space.space.truth(of: space.conference).filter { $0.target != nil }.map(\.kind) == [
        .coachingStarted, .coachingStopped, .coachingStarted, .coachingStopped,
      ])
  }

  @Test func `a participant is added and removed again`() throws {
    let space = try TestSpace("quiet")
    let entered = space.post(space.list, "From=%2B1555&To=%2B1556&Muted=true")
    #expect(entered.status == 201)
    let call = try #require(TestSpace.texts("call_sid", in: entered).first)
    #expect(TestSpace.texts("call_sid", in: space.get(space.list)).last == call)
    let kicked = space.client.send("DELETE", "\(space.list)/\(call)")
    #expect(kicked.status == 204 && kicked.body.isEmpty)
    #expect(space.get("\(space.list)/\(call)").status == 404)
    #expect(space.post("\(space.list)/\(call)", "Muted=true").status == 404)
  }

  @Test func `a completed conference is empty and stays so`() throws {
    let space = try TestSpace("quiet")
    let target = "\(space.base)/\(space.conference)"
    #expect(space.post(target, "Status=done").status == 400)
    #expect(space.post(target, "Status=completed").text.contains("\"status\":\"completed\""))
    #expect(space.get(target).text.contains("\"status\":\"completed\""))
    #expect(TestSpace.texts("call_sid", in: space.get(space.list)).isEmpty)
    #expect(space.post(target, "Status=completed").text.contains("10000"))
    #expect(space.post(space.list, "Muted=true").text.contains("10000"))
    #expect(space.space.truth(of: space.conference).last?.kind == .ended)
  }

  @Test func `the demo shows every kind of event and ends`() throws {
    let space = try TestSpace("demo")
    space.move(to: 15_000)
    let kinds = Set(space.space.truth(of: space.conference).map(\.kind))
    #expect(
      kinds == [.joined, .left, .muted, .unmuted, .held, .unheld, .coachingStarted, .coachingStopped, .updated, .ended])
  }
}
