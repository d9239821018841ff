import RollcallCore
import Testing

@Suite struct `A selection of conferences` {
  @Test(
    arguments: [
      (.named("Daily"), ["Daily"], "Daily", true), (.matching(Glob("D*")), ["Daily", "D"], nil, false),
      (.all, ["Daily", "daily", "D", ""], nil, false),
    ] as [(ConferenceSelection, [String], String?, Bool)])
  func `contains the conferences with its names`(
    selection: ConferenceSelection, held: [String], queried: String?, ends: Bool
  ) {
    #expect(["Daily", "daily", "D", ""].filter { selection.contains(friendlyName: $0) } == held)
    #expect(selection.queriedName == queried)
    #expect(selection.endsWithItsConferences == ends)
  }
}
