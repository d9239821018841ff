import Testing

@testable import RollcallCore

@Suite struct `Of two rows of one call` {
  private func row(_ status: String, _ date: Int64?) throws -> ListedParticipant {
    ListedParticipant(
      callSID: try #require(CallSID("a")), state: ParticipantState(status: status), dateCreated: nil, dateUpdated: date,
      record: [])
  }

  @Test(
    arguments: [
      (("a", 2), ("b", 1), "a"), (("a", 1), ("b", 2), "b"), (("a", 1), ("b", 1), "b"), (("a", nil), ("b", 1), "b"),
      (("a", 1), ("completed", 1), "a"), (("completed", 1), ("b", 1), "b"), (("a", 1), ("completed", 2), "completed"),
      (("ringing", nil), ("completed", nil), "completed"),
    ] as [((String, Int64?), (String, Int64?), String)])
  func `the later date counts, then who is in the room, then the later page`(
    first: (String, Int64?), second: (String, Int64?), better: String
  ) throws {
    let chosen = Scan.better(try row(first.0, first.1), try row(second.0, second.1))
    #expect(chosen.state.status == better)
  }
}
