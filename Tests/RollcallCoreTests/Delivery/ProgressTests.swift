import RollcallCore
import Testing

@Suite struct `The cursor of a target` {
  @Test func `follows the lane that is furthest behind`() throws {
    let lane = try #require(ConferenceSID("CF"))
    var cursor = Cursor(first: 4)
    #expect(cursor.taken == 3 && cursor.done == 3)
    cursor.taken = 9
    cursor.behind = [lane: 6, nil: 8]
    #expect(cursor.done == 6)
  }

  @Test func `refers to a stored event by its sequence`() throws {
    var stream = EventStream(epoch: 1, lastSequence: 6)
    let event = stream.freeze(.stopped(.signal, at: Timestamp(milliseconds: 5)))
    #expect(EventReference(event) == EventReference(sequence: 7, lane: nil, timestamp: Timestamp(milliseconds: 5)))
    let letter = DeadLetter(target: "t", sequence: 7, reason: .targetGone, at: Timestamp(milliseconds: 6))
    #expect(letter.sequence == event.sequence && letter.target == "t")
    #expect(EventStream.id(epoch: 1, sequence: 6) == "evt_0000000000000001_000000000006")
    #expect(EventStream.id(in: event.line) == event.id && EventStream.id(in: Array(#"{"id":7}"#.utf8)) == nil)
  }

  @Test func `is counted in heartbeats as undelivered events`() throws {
    let counts = WatchDetail.Heartbeat(
      conferences: 1, participants: 2, polls: 3, failures: 4, pollDelayMedian: .milliseconds(5),
      pollDelay99thPercentile: .milliseconds(6), undelivered: 7)
    var stream = EventStream(epoch: 1)
    let event = stream.freeze(.heartbeat(counts, at: Timestamp(milliseconds: 0)))
    let line = try JSONReader.read(Array(event.line.dropLast()))
    let keys = [
      "conferences", "participants", "polls", "failures", "poll_delay_p50_ms", "poll_delay_p99_ms", "undelivered",
    ]
    #expect(keys.map { line[$0]?.asInteger } == [1, 2, 3, 4, 5, 6, 7])
  }
}
