import Testing

@testable import RollcallCore

@Suite struct `Of two rows of one call` {
  private func row(_ status: String, _ date: Int64?) throws -> ParticipantRow {
    ParticipantRow(
      callSID: try #require(CallSID("a")), state: ParticipantState(status: status), dateCreated: nil, dateUpdated: date,
      record: [])
  }

  @Test(
    arguments: [
      (("a", 2), ("b", 1), "a"), (("a", 1), ("b", 2), "b"), (("a", 1), ("b", 1), "b"), (("a", nil), ("b", 1), "b"),
      (("a", 1), ("completed", 1), "a"), (("completed", 1), ("b", 1), "b"), (("a", 1), ("completed", 2), "completed"),
      (("ringing", nil), ("completed", nil), "completed"), (("completed", nil), ("ringing", nil), "ringing"),
      (("a", 1), ("failed", 1), "a"),
    ] as [((String, Int64?), (String, Int64?), String)], [true, false])
  func `the one with the later date wins, then the one in the room, then the one on the later page`(
    form: (first: (String, Int64?), second: (String, Int64?), better: String), isLive: Bool
  ) throws {
    let (first, second) = (form.first, form.second)
    let chosen = Scan.better(
      try row(first.0, first.1), try row(second.0, second.1), whereStatusesAreLive: isLive)
    // If statuses mean nothing, a completed participant is in the room like all others.
    let better =
      switch (isLive, first, second) {
      case (false, ("a", 1), ("completed", 1)), (false, ("completed", nil), ("ringing", nil)): "completed"
      default: form.better
      }
    #expect(chosen.state.status == better)
  }
}
