import Testing

@testable import RollcallCore

@Suite struct `Stays that have ended` {
  private let start = Timestamp(milliseconds: 1_800_000_000_000)

  private func stay(_ call: String, _ date: Int64?, at end: Timestamp? = nil) throws -> SavedRoom.EndedStay {
    SavedRoom.EndedStay(
      SavedRoom.StayID(callSID: try #require(CallSID(call)), dateCreated: date), endedAt: end ?? start)
  }

  private func ended(_ stays: SavedRoom.EndedStay...) -> EndedStays {
    var ended = EndedStays()
    for stay in stays { #expect(ended.remember(stay).isEmpty) }
    return ended
  }

  private func contains(
    _ ended: EndedStays, _ call: String, _ date: Int64?, after time: Duration = .zero, listed: Bool = false
  ) throws -> Bool {
    ended.contains(try #require(CallSID(call)), dateCreated: date, at: start + time) { _ in listed }
  }

  @Test func `are matched by call and date, or by the call alone without a date`() throws {
    let ended = ended(try stay("a", 5), try stay("a", 9), try stay("b", nil))
    #expect(try contains(ended, "a", 5) && contains(ended, "a", 9) && contains(ended, "a", nil))
    #expect(try !contains(ended, "a", 6) && !contains(ended, "c", 5) && !contains(ended, "c", nil))
    #expect(try contains(ended, "b", 5) && contains(ended, "b", nil))
  }

  @Test func `are remembered for ten minutes, and while they are listed`() throws {
    let ended = ended(try stay("a", 5))
    let almost = EndedStays.memory - .milliseconds(1)
    #expect(try contains(ended, "a", 5, after: almost) && !contains(ended, "a", 5, after: EndedStays.memory))
    #expect(try contains(ended, "a", 5, after: .seconds(9999), listed: true))
  }

  @Test func `are forgotten when they are old and no longer listed`() throws {
    let (a, b, c) = (try stay("a", 1), try stay("b", nil), try stay("c", 3, at: start + .seconds(1)))
    var ended = ended(a, b, c)
    var now = start + EndedStays.memory
    var listed: Set<String> = ["b"]
    func expire(hasLostRows: Bool = false) -> [SavedRoom.EndedStay] {
      ended.expire(at: now, hasLostRows: hasLostRows) { listed.contains($0.callSID.text) }
    }
    #expect(expire() == [a])
    #expect(try contains(ended, "b", nil, after: EndedStays.memory, listed: true) && !contains(ended, "a", 1))
    #expect(expire(hasLostRows: true).isEmpty)
    now = now + .seconds(1)
    listed = []
    #expect(expire() == [c])
    #expect(expire(hasLostRows: true) == [b])
    #expect(ended.isEmpty && ended == EndedStays())
  }

  @Test func `may end again and are then remembered from the new end`() throws {
    let later = try stay("a", 5, at: start + .seconds(300))
    var ended = ended(try stay("a", 5), later)
    #expect(ended.expire(at: start + EndedStays.memory, hasLostRows: true) { _ in false }.isEmpty)
    #expect(try contains(ended, "a", 5, after: EndedStays.memory))
    #expect(ended.expire(at: later.endedAt + EndedStays.memory, hasLostRows: true) { _ in false } == [later])
  }

  @Test func `are dropped oldest first when there are too many`() throws {
    var ended = EndedStays()
    let oldest = try stay("c0", 1)
    for index in 0..<EndedStays.maximumCount {
      #expect(ended.remember(try stay("c\(index)", 1, at: start + .milliseconds(index / 2))).isEmpty)
    }
    // A stay that is only remembered because it is listed is older than all others.
    #expect(ended.expire(at: start + EndedStays.memory, hasLostRows: true) { $0.callSID.text == "c0" }.count == 1)
    #expect(ended.remember(try stay("x", 1)).isEmpty)
    #expect(ended.remember(try stay("y", 1)) == [oldest])
    #expect(ended.remember(try stay("y", 2)) == [try stay("c2", 1, at: start + .milliseconds(1))])
    #expect(ended.remember(try stay("y", 2)).isEmpty)
  }
}
