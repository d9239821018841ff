import Testing

@testable import RollcallCore
@testable import RollcallKit

@Suite struct `The names of conferences` {
  private static func draft(_ type: EventType, _ sid: String, name: String?) -> Event {
    var draft = Event(type, at: Timestamp(milliseconds: 1_795_442_400_000), conference: ConferenceSID(sid))
    draft.friendlyName = name
    draft.participant = Array("{}".utf8)
    return draft
  }

  private static func sid(_ text: String) throws -> ConferenceSID { try #require(ConferenceSID(text)) }

  @Test func `are those that a store has kept, and those that events have told since`() throws {
    let names = ConferenceNames([try Self.sid("a"): "A", try Self.sid("b"): "B"])
    names.learn(from: [
      Self.draft(.conferencePresent, "b", name: "B2"), Self.draft(.conferenceStarted, "c", name: "C"),
      Self.draft(.watchStarted, "a", name: nil),
    ])
    #expect(try ["a", "b", "c", "d"].map { names[try Self.sid($0)] } == ["A", "B2", "C", nil])
    #expect(names[nil] == nil)
  }

  @Test func `are unknown where events do not show them`() throws {
    let names = ConferenceNames([try Self.sid("a"): "A"], redacted: [.friendlyName])
    names.learn(from: [Self.draft(.conferenceStarted, "c", name: "C")])
    #expect(names[try Self.sid("a")] == nil)
    #expect(names[try Self.sid("c")] == nil)
  }

  @Test func `are ten thousand at most, the latest`() throws {
    let names = ConferenceNames()
    for number in 0...ConferenceNames.maximumCount {
      names.learn(from: [Self.draft(.conferenceStarted, "c\(number)", name: "C")])
    }
    #expect(names[try Self.sid("c0")] == nil)
    #expect(names[try Self.sid("c1")] == "C")
    #expect(names[try Self.sid("c\(ConferenceNames.maximumCount)")] == "C")
  }

  @Test func `are taken over from a stored stream, also of conferences that are over`() throws {
    var heads = [SavedRoom.Head(conference: try Self.sid("a")), SavedRoom.Head(conference: try Self.sid("b"))]
    heads[0].friendlyName = "A"
    (heads[1].friendlyName, heads[1].isOver) = ("B", true)
    let saved = try SavedStream(heads.map { SavedRoom(head: $0) })
    #expect(saved.friendlyNames == [try Self.sid("a"): "A", try Self.sid("b"): "B"])
  }

  @Test func `head messages about events that do not tell them`() async throws {
    let outcome = try await ChatRun.deliver(
      [[Self.draft(.participantLeft, "c", name: nil)]], to: .mattermost,
      conferences: ConferenceNames([try Self.sid("c"): "support"])
    ) { _ in ChatRun.reply(200) }
    let text = try #require(outcome.requests.first?.body["text"]?.asText)
    #expect(text.split(separator: "\n").first?.contains("support") == true)
  }
}
