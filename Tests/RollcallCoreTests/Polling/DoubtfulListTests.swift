import RollcallCore
import RollcallTestKit
import Testing

/// What is believed if the list, the participants and the conference disagree.
@Suite struct `A doubtful list` {
  private func room(
    _ names: String..., confirmsLeft: Bool = true
  ) throws -> TrackedConference {
    var room = try #require(TrackedConference(confirmsLeft: confirmsLeft))
    room.people = names.enumerated().map { FakePerson($1, created: $0) }
    #expect(room.poll() == .complete)
    room.forgetEvents()
    return room
  }

  @Test(arguments: [true, false])
  func `an empty list removes nobody while the conference gives no answer`(confirmsLeft: Bool) throws {
    var room = try room("a", "b", confirmsLeft: confirmsLeft)
    room.hidden = ["a", "b"]
    room.conferenceAnswer = .unclear
    for _ in 0..<20 { #expect(room.poll() == .complete) }
    #expect(room.types.isEmpty)
    room.conferenceAnswer = nil
    #expect(room.poll() == .complete)
    #expect(room.types == (confirmsLeft ? [] : ["participant.left", "participant.left"]))
  }

  @Test func `a finished row alone in a list waits for the conference's answer`() throws {
    var room = try room("a")
    room.people[0].status = "completed"
    room.conferenceAnswer = .unclear
    #expect(room.poll() == .complete)
    #expect(room.types.isEmpty)
    room.conferenceAnswer = .running
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.left"])
    #expect(room.line(0)["confirmed_by"]?.asText == "row_finished")
    #expect(room.line(0)["participant"]?["status"]?.asText == "completed")
  }

  @Test func `a conference that cannot be watched yet can be polled again`() throws {
    var room = try #require(TrackedConference())
    for answer in [ConferenceReply.notFound, .completed(nil)] {
      room.conferenceAnswer = answer
      #expect(room.poll() == (answer == .notFound ? .unknown : .over))
    }
    room.conferenceAnswer = nil
    room.people = [FakePerson("a")]
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.present", "watch.started"])
  }

  @Test func `a participant who rejoined only by their own resource is confirmed until the list shows them`()
    throws
  {
    var room = try room("a", "b")
    room.hidden = ["b"]
    room.people[1].created = 60
    room.people[1].updated = 60
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.left", "participant.joined"])
    let confirmed = try #require(room.moments.asked["b"])
    room.forgetEvents()
    room.people.removeLast()
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.left"])
    #expect(room.line(0)["confirmed_by"]?.asText == "participant_not_found")
    #expect(room.line(0)["occurred_after"]?.asText == confirmed.rfc3339)
  }

  @Test(arguments: [true, false])
  func `a row older than the resource that showed a rejoining is believed like any stale row`(
    comparesDifferences: Bool
  ) throws {
    var room = try room("a", "b")
    room.comparesDifferences = comparesDifferences
    let gone = room.people.removeLast()
    #expect(room.poll() == .complete)
    room.forgetEvents()
    var back = gone
    (back.muted, back.updated) = (true, 30)
    (room.people, room.listed) = ([room.people[0], back], [room.people[0], gone])
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.joined", "participant.muted"])
    room.forgetEvents()
    for _ in 0..<5 { #expect(room.poll() == .complete) }
    #expect(room.types.isEmpty)
    for _ in 0..<2 { #expect(room.poll() == .complete) }
    #expect(room.types == ["participant.unmuted"])
  }

  @Test func `a row of any recently ended stay is confirmed before it joins`() throws {
    var room = try room("a", "b")
    let first = room.people.removeLast()
    #expect(room.poll() == .complete)
    var second = first
    (second.created, second.updated) = (100, 100)
    room.people.append(second)
    #expect(room.poll() == .complete)
    room.people.removeLast()
    #expect(room.poll() == .complete)
    room.forgetEvents()
    // The list lags behind by two stays; the participant's own resource knows better.
    room.listed = room.people + [first]
    for _ in 0..<5 { #expect(room.poll() == .complete) }
    #expect(room.types.isEmpty)
  }

  @Test func `a reply that changes nothing does not make an event later`() throws {
    var room = try room("a", "b")
    room.hidden = ["b"]
    room.people.append(FakePerson("c", created: 9))
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.joined"])
    #expect(room.line(0)["timestamp"]?.asText == room.moments.lastPage?.rfc3339)
    room.forgetEvents()
    room.people[1].muted = true
    #expect(room.poll() == .complete)
    #expect(room.line(0)["timestamp"]?.asText == room.moments.answered["b"]?.rfc3339)
  }

  @Test func `at the end of a conference each record is the last one seen`() throws {
    var room = try room("a", "b", "c", "d", "e", "f")
    room.hidden = ["a", "b", "c", "d", "e"]
    room.people[5].muted = true
    room.conferenceAnswer = .completed(nil)
    #expect(room.poll() == .ended)
    #expect(room.types == Array(repeating: "participant.left", count: 6) + ["conference.ended"])
    #expect(room.line(5)["participant"]?["muted"]?.asBool == true)
  }

  @Test func `a participant who rejoins after a scan without them joined after that scan began`() throws {
    var room = try room("a", "b")
    let shown = room.moments.start
    room.hidden = ["b"]
    room.answers["b"] = .unclear
    #expect(room.poll() == .complete)
    let absent = room.moments.start
    room.hidden = []
    room.people[1].created = 60
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.left", "participant.joined"])
    #expect(room.line(0)["occurred_after"]?.asText == shown?.rfc3339)
    #expect(room.line(1)["occurred_after"]?.asText == absent?.rfc3339)
  }

  @Test func `the same letters in another Unicode form are a change`() throws {
    let composed = ParticipantState(label: "Zo\u{eb}")
    let decomposed = ParticipantState(label: "Zoe\u{308}")
    #expect(composed != decomposed)
    var room = try room("a")
    room.people[0].status = "Zo\u{eb}"
    #expect(room.poll() == .complete)
    room.forgetEvents()
    room.people[0].status = "Zoe\u{308}"
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.updated"])
  }

  @Test(arguments: [0, 40], [true, false])
  func `a row not yet in the room is stale once the participant's own resource is newer`(
    created: Int, comparesDifferences: Bool
  ) throws {
    var room = try room("a", "b")
    room.comparesDifferences = comparesDifferences
    var lagging = room.people
    (lagging[1].status, lagging[1].updated) = ("ringing", 30)
    room.listed = lagging
    (room.people[1].muted, room.people[1].created, room.people[1].updated) = (true, max(created, 1), 40)
    #expect(room.poll() == .complete)
    #expect(room.types == (created > 0 ? ["participant.left", "participant.joined"] : []) + ["participant.muted"])
    // The participant is asked about once; after that the row is older than the one kept, and is ignored.
    #expect(room.poll() == .complete)
    #expect(room.participantQuestions.count == 1)
  }

  @Test(arguments: [true, false])
  func `a stale row without the participant is confirmed at every poll once it is believed`(comparesDifferences: Bool)
    throws
  {
    var room = try room("a", "b")
    room.comparesDifferences = comparesDifferences
    room.people[1].updated = 60
    #expect(room.poll() == .complete)
    var lagging = room.people
    (lagging[1].status, lagging[1].updated) = ("ringing", 30)
    room.listed = lagging
    for _ in 0..<6 { #expect(room.poll() == .complete) }
    #expect(room.participantQuestions.count == 1)
    for _ in 0..<5 { #expect(room.poll() == .complete) }
    #expect(room.participantQuestions.count == 6)
  }
}
