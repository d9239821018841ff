import Testing

@testable import RollcallCore

@Suite struct `Departures of a short while ago` {
  private let start = Timestamp(milliseconds: 1_800_000_000_000)

  private func call(_ text: String) throws -> CallSID { try #require(CallSID(text)) }

  @Test func `are known for ten minutes, by call and date`() throws {
    var departures = RecentDepartures()
    departures.note(try call("a"), dateCreated: 5, at: start)
    departures.note(try call("b"), dateCreated: nil, at: start)
    #expect(departures.contains(try call("a"), dateCreated: 5, at: start + .seconds(599)))
    #expect(!departures.contains(try call("a"), dateCreated: 5, at: start + RecentDepartures.memory))
    #expect(!departures.contains(try call("a"), dateCreated: 6, at: start))
    #expect(!departures.contains(try call("a"), dateCreated: nil, at: start))
    #expect(!departures.contains(try call("b"), dateCreated: 5, at: start))
  }

  @Test func `are forgotten, the oldest first, beyond the bound`() throws {
    var departures = RecentDepartures()
    let calls = try (0...RecentDepartures.maximumCount).map { try #require(CallSID("c\($0)")) }
    for (index, call) in calls.enumerated() {
      departures.note(call, dateCreated: 1, at: start + .milliseconds(index / 2))
    }
    #expect(!departures.contains(calls[0], dateCreated: 1, at: start))
    for name in ["c1", "c2", "c\(RecentDepartures.maximumCount)"] {
      #expect(departures.contains(try call(name), dateCreated: 1, at: start))
    }
  }

  @Test func `whose time is over make room for others`() throws {
    var departures = RecentDepartures()
    for index in 0..<RecentDepartures.maximumCount {
      departures.note(try #require(CallSID("c\(index)")), dateCreated: 1, at: start)
    }
    departures.note(try call("late"), dateCreated: 1, at: start + RecentDepartures.memory)
    #expect(!departures.contains(try call("c5"), dateCreated: 1, at: start))
    #expect(departures.contains(try call("late"), dateCreated: 1, at: start + RecentDepartures.memory))
  }
}
