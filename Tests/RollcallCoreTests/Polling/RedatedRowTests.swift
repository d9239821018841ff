import RollcallCore
import RollcallTestKit
import Testing

struct `Rows in which only the date is new` {
  private static let mark = "\"date_updated\":\""

  /// Returns the row with another time, on the same day or another.
  private func redated(_ row: RawRow, _ random: inout SplitMix64) -> RawRow {
    var row = row
    let second = Int.random(in: 10..<60, using: &random)
    let dates = [
      "Mon, 23 Nov 2026 09:43:\(second) +0000", "Mon, 23 Nov 2026 09:44:\(second) +0000",
      "Mon, 23 Nov 2026 10:44:\(second) +0100", "Mon, 23 Nov 2026 99:44:\(second) +0000", "soon",
    ]
    let date = dates[min(Int.random(in: 0..<12, using: &random), dates.count - 1) % dates.count]
    for index in row.members.indices where row.members[index].hasPrefix(Self.mark) {
      row.members[index] = Self.mark + (random.happens(onceIn: 3) ? date : dates[1]) + "\""
    }
    return row
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `give the same room and events as rows that are all read again`(seed: UInt64) throws {
    let conference = try #require(ConferenceSID(PageMaker.conference))
    var maker = PageMaker(seed: seed)
    var reader = PageReader()
    var fast = tracker(of: conference)
    var slow = tracker(of: conference)
    var rows = (0..<12).map { _ in maker.row() }
    var now = Timestamp(milliseconds: 1_800_000_000_000)
    for poll in 0..<40 {
      for index in rows.indices where maker.random.happens(onceIn: 2) {
        rows[index] = redated(rows[index], &maker.random)
      }
      if maker.random.happens(onceIn: 3) { rows[poll % rows.count] = maker.row(rows[poll % rows.count].sid) }
      if maker.random.happens(onceIn: 6) { rows[poll % rows.count] = maker.row() }
      let bytes = PaddedBytes(maker.page(rows, style: Int(seed % 4)))
      now = now + .seconds(1)
      let quick: PageReply
      if let old = fast.page(at: 0) {
        let (page, delta) = try reader.read(bytes, conference: conference, since: old)
        quick = PageReply(.page(page, delta), next: nil)
      } else {
        quick = PageReply(.page(try reader.read(bytes, conference: conference), nil), next: nil)
      }
      let whole = PageReply(.page(try reader.read(bytes, conference: conference), nil), next: nil)
      _ = fast.begin(at: now)
      _ = slow.begin(at: now)
      #expect(fast.received(quick, at: now) == slow.received(whole, at: now))
      #expect(fast.wholeRoom == slow.wholeRoom)
      let room = fast.wholeRoom
      for person in fast.takeChanges()?.people ?? [] {
        #expect(person.record == room.participants[person.callSID]?.record)
        #expect(person.dateUpdated == room.participants[person.callSID]?.dateUpdated)
        #expect(!person.record.isEmpty)
      }
    }
  }

  private func tracker(of conference: ConferenceSID) -> ConferenceTracker {
    ConferenceTracker(
      conference: conference, origin: .named, keepsRoom: true, confirmsLeft: false, interval: .seconds(1), version: "1")
  }
}
