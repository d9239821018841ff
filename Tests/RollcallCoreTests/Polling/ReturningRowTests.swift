import RollcallTestKit
import Testing

@testable import RollcallCore

/// Rows of ended stays that appear again.
@Suite struct `A row of a stay that has ended` {
  /// Returns a room whose second participant has left.
  private func room(hasDates: Bool = true, comparesDifferences: Bool = true, status: String? = nil) throws
    -> TrackedConference
  {
    var room = try #require(TrackedConference())
    room.comparesDifferences = comparesDifferences
    room.people = ["a", "b"].map { FakePerson($0) }
    for index in room.people.indices { room.people[index].hasDates = hasDates }
    #expect(room.poll() == .complete)
    if let status { room.people[1].status = status } else { room.people.removeLast() }
    #expect(room.poll() == .complete)
    #expect(room.types.last == "participant.left")
    room.forgetEvents()
    return room
  }

  private func returned(_ room: TrackedConference, hasDates: Bool = true) -> [FakePerson] {
    var back = FakePerson("b")
    back.hasDates = hasDates
    return [room.people[0], back]
  }

  @Test(arguments: [(false, false), (false, true), (true, false)])
  func `is confirmed by its call alone if it has no date`(before: Bool, after: Bool) throws {
    var room = try room(hasDates: before)
    room.listed = returned(room, hasDates: after)
    for _ in 0..<5 { #expect(room.poll() == .complete) }
    #expect(room.types.isEmpty && room.participantQuestions.filter { $0.text == "b" }.count == 6)
    room.people = returned(room, hasDates: after)
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.joined"])
  }

  @Test(arguments: ["completed", "failed", "ringing"], [true, false])
  func `is remembered for as long as the list shows it`(status: String, comparesDifferences: Bool) throws {
    let isAsked = status == "ringing"
    var room = try #require(TrackedConference())
    room.comparesDifferences = comparesDifferences
    room.people = ["a", "b"].map { FakePerson($0) }
    #expect(room.poll() == .complete)
    room.people[1].status = status
    if isAsked { room.answers["b"] = .notFound }
    #expect(room.poll() == .complete)
    #expect(room.types.last == "participant.left")
    room.forgetEvents()
    for _ in 0..<3 {
      room.now = room.now + .seconds(400)
      #expect(room.poll() == .complete)
    }
    room.listed = returned(room)
    room.answers["b"] = .notFound
    let questions = room.participantQuestions.count
    #expect(room.poll() == .complete)
    #expect(room.types.last != "participant.joined" && room.participantQuestions.count == questions + 1)
  }

  @Test(arguments: [true, false])
  func `is forgotten after ten minutes once the list no longer shows it`(comparesDifferences: Bool) throws {
    var room = try room(comparesDifferences: comparesDifferences, status: "completed")
    for _ in 0..<2 {
      room.now = room.now + .seconds(400)
      #expect(room.poll() == .complete)
    }
    #expect(!room.tracker.room.endedStays.isEmpty)
    room.people.removeLast()
    #expect(room.poll() == .complete)
    #expect(room.tracker.room.endedStays.isEmpty)
    room.listed = returned(room)
    #expect(room.poll() == .complete)
    #expect(room.types.last == "participant.joined" && room.participantQuestions.isEmpty)
  }

  @Test func `is stored for as long as it is remembered`() throws {
    var room = try #require(TrackedConference())
    let conference = room.tracker.room.conference
    func begin(_ saved: Room?) {
      room.tracker = ConferenceTracker(
        conference: conference, origin: .named, saved: saved, keepsRoom: true, interval: .seconds(2), version: "0")
      room.tracker.resume(reportsRestart: false)
    }
    var tables = SavedTables()
    var random = SplitMix64(seed: 1)
    func save() throws -> Room {
      let changes = room.tracker.takeChanges(with: room.drafts.suffix(1))
      tables.write(try #require(changes))
      let saved = try #require(tables.room(&random))
      return try #require(Room(saved) as Room?)
    }
    begin(nil)
    room.people = ["a", "b"].map { FakePerson($0) }
    #expect(room.poll() == .complete)
    room.people[1].status = "completed"
    #expect(room.poll() == .complete)
    room.now = room.now + .seconds(700)
    #expect(room.poll() == .complete)
    // After a restart it is unknown whether the previous run's last list showed the row, so the tracker asks.
    begin(try save())
    room.listed = returned(room)
    room.answers["b"] = .notFound
    let told = room.types.count
    #expect(room.poll() == .complete)
    #expect(room.types.count == told && room.participantQuestions.map(\.text) == ["b"])
    (room.listed, room.people) = (nil, [room.people[0]])
    #expect(room.poll() == .complete)
    #expect(try save().endedStays.isEmpty)
  }
}
