import RollcallCore
import RollcallTestKit
import Testing

/// Who is in the room if statuses are live, and if they are not.
@Suite struct `The statuses of a list` {
  private static let left = "participant.left"

  private static func people(_ statuses: [String?]) -> [FakePerson] {
    statuses.enumerated().map { index, status in
      var person = FakePerson("p\(index)", created: index)
      person.status = status
      return person
    }
  }

  /// Returns a room after its first poll.
  private func room(_ statuses: String?..., confirmsLeft: Bool = true) throws -> TrackedConference {
    var room = try #require(TrackedConference(confirmsLeft: confirmsLeft))
    room.people = Self.people(statuses)
    #expect(room.poll() == .complete)
    room.forgetEvents()
    return room
  }

  // MARK: Every row says completed

  @Test(
    arguments: [.running, .notFound, .unclear, nil] as [ConferenceReply?], ["completed", "complete"])
  func `do not empty a room if all of them are completed and the conference is not`(
    answer: ConferenceReply?, status: String
  ) throws {
    var room = try #require(TrackedConference())
    room.people = Self.people([status, status])
    room.conferenceAnswer = answer
    room.isConferenceSilent = answer == nil
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.present", "participant.present", "watch.started"])
    #expect(room.moments.conferenceAsked != nil && room.looks == 1 && room.participantQuestions.isEmpty)
    let lastReply = answer == .running ? room.moments.conferenceAnswered : room.moments.lastPage
    #expect(room.line(0)["timestamp"]?.asText == lastReply?.rfc3339)
    room.forgetEvents()
    // The same list again, and then one that differs.
    #expect(room.poll() == .complete)
    #expect(room.types.isEmpty && room.moments.conferenceAsked != nil)
    var joining = FakePerson("q", created: 9)
    joining.status = status
    (room.people[0].muted, room.people[0].updated) = (true, 5)
    room.people.append(joining)
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.joined", "participant.muted"])
    #expect(room.moments.conferenceAsked != nil && room.participantQuestions.isEmpty)
    #expect(room.warnings == 1)
  }

  @Test func `end a room if all of them are completed and so is the conference`() throws {
    var room = try room("completed", "completed")
    room.conferenceAnswer = .completed(nil)
    #expect(room.poll() == .ended)
    #expect(room.types == [Self.left, Self.left, "conference.ended"])
    #expect(room.line(0)["confirmed_by"]?.asText == "conference_ended")
    var fresh = try #require(TrackedConference())
    (fresh.people, fresh.conferenceAnswer) = (room.people, .completed(nil))
    #expect(fresh.poll() == .over)
    #expect(fresh.types.isEmpty)
  }

  @Test func `of which none is live allow a departure by a 404`() throws {
    var room = try room("completed", "completed")
    room.people.removeLast()
    #expect(room.poll() == .complete)
    #expect(room.types == [Self.left])
    #expect(room.line(0)["confirmed_by"]?.asText == "participant_not_found")
  }

  @Test func `of which none is live allow no departure by a completed resource, only by the list`()
    throws
  {
    var room = try room("completed", "completed")
    room.hidden = ["p1"]
    for scan in 1...31 {
      #expect(room.poll() == .complete)
      #expect(room.types == (scan < 31 ? [] : [Self.left]))
    }
    #expect(room.participantQuestions.count == 30)
    #expect(room.line(0)["confirmed_by"]?.asText == "list_only")
  }

  @Test func `of which none is live let the list decide if there are no confirmations`() throws {
    var room = try room("completed", "completed", confirmsLeft: false)
    room.hidden = ["p1"]
    #expect(room.poll() == .complete)
    #expect(room.types == [Self.left] && room.participantQuestions.isEmpty)
  }

  @Test func `cause a second pass over the list if it also lacks half of the room`() throws {
    var room = try room("completed", "completed", "completed", "completed", "completed", "completed")
    room.hiddenAtFirst = Set(room.people.prefix(5).map(\.sid))
    #expect(room.poll() == .complete)
    #expect(room.looks == 2 && room.types.isEmpty && room.participantQuestions.isEmpty)
    room.conferenceAnswer = .unclear
    #expect(room.poll() == .complete)
    #expect(room.looks == 1 && room.types.isEmpty && room.participantQuestions.count == 5)
  }

  @Test(arguments: [nil, ""] as [String?])
  func `that are missing mean in the room, and do not affect others`(status: String?) throws {
    var room = try room(status, "completed")
    #expect(room.folded.people.count == 2 && room.moments.conferenceAsked == nil && room.warnings == 0)
    // If the statuses of others mean nothing, neither does the status in the participant's own resource.
    room.hidden = ["p1"]
    #expect(room.poll() == .complete)
    #expect(room.types.isEmpty && room.participantQuestions.count == 1)
    room.hidden = []
    room.people[0].status = "completed"
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.updated"] && room.moments.conferenceAsked != nil)
  }

  // MARK: Statuses that are live

  @Test(arguments: [true, false])
  func `that are live make a completed row a departure, or ignore it`(comparesDifferences: Bool) throws {
    var room = try room("in-progress", "in-progress", "completed")
    room.comparesDifferences = comparesDifferences
    #expect(room.folded.people.count == 2 && room.warnings == 0)
    room.people[1].status = "completed"
    #expect(room.poll() == .complete)
    #expect(room.types == [Self.left])
    #expect(room.line(0)["confirmed_by"]?.asText == "row_finished")
    #expect(room.participantQuestions.isEmpty && room.moments.conferenceAsked == nil)
    for _ in 0..<3 { #expect(room.poll() == .complete) }
    #expect(room.types == [Self.left])
  }

  @Test func `stay live when the last live row is gone`() throws {
    var room = try room("in-progress", "completed")
    room.people.removeFirst()
    #expect(room.poll() == .complete)
    #expect(room.types == [Self.left] && room.folded.people.isEmpty)
    room.forgetEvents()
    room.people[0].muted = true
    room.people.append(FakePerson("q", created: 3))
    room.people[1].status = "completed"
    #expect(room.poll() == .complete)
    #expect(room.types.isEmpty && room.moments.conferenceAsked != nil)
  }

  @Test(arguments: ["failed", "busy", "no-answer", "canceled"])
  func `of a failed call are live, and never in the room`(status: String) throws {
    var room = try room(status, "completed")
    #expect(room.folded.people.isEmpty && room.moments.conferenceAsked != nil)
    room.people.append(FakePerson("q", created: 3))
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.joined"])
    room.forgetEvents()
    room.people[2].status = status
    #expect(room.poll() == .complete)
    #expect(room.types == [Self.left] && room.line(0)["confirmed_by"]?.asText == "row_finished")
  }

  @Test(arguments: ["queued", "initiated", "connecting", "ringing"], [true, false])
  func `of a call that is being set up are live, and count as absent`(
    status: String, comparesDifferences: Bool
  ) throws {
    var room = try room("in-progress", "completed", status)
    room.comparesDifferences = comparesDifferences
    #expect(room.folded.people.count == 1)
    room.people[0].status = status
    room.people.append(FakePerson("q", created: 3))
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.joined"] && room.participantQuestions.map(\.text) == ["p0"])
    room.answers["p0"] = .notFound
    #expect(room.poll() == .complete)
    #expect(room.line(1)["confirmed_by"]?.asText == "participant_not_found")
  }

  // MARK: Statuses that turn out to be live

  enum Said: Sendable, CaseIterable { case notFound, completed, inProgress, unclear }

  @Test(arguments: Said.allCases, [true, false])
  func `that turn out to be live make participants absent who were accepted despite theirs`(
    said: Said, comparesDifferences: Bool
  ) throws {
    var room = try room("completed", "completed")
    room.comparesDifferences = comparesDifferences
    room.people.append(FakePerson("q", created: 3))
    var own = room.people[0]
    own.status = "in-progress"
    room.answers =
      switch said {
      case .notFound: ["p0": .notFound, "p1": .notFound]
      case .completed: [:]
      case .inProgress: ["p0": room.reply(own), "p1": .unclear]
      case .unclear: ["p0": .unclear, "p1": .unclear]
      }
    #expect(room.poll() == .complete)
    let expected: [String] =
      switch said {
      case .notFound, .completed: [Self.left, Self.left, "participant.joined"]
      case .inProgress: ["participant.joined", "participant.updated"]
      case .unclear: ["participant.joined"]
      }
    #expect(room.types == expected && room.participantQuestions.map(\.text) == ["p0", "p1"])
    let evidence: [Said: String] = [.notFound: "participant_not_found", .completed: "participant_finished"]
    #expect(room.line(0)["confirmed_by"]?.asText == evidence[said])
    guard said == .unclear else { return }
    // The participant is asked about again, even if the list is unchanged, until they have been absent for long enough.
    (room.people[1].muted, room.people[1].updated) = (true, 9)
    for _ in 2...31 { #expect(room.poll() == .complete) }
    #expect(room.types == expected + [Self.left, Self.left])
    #expect(room.line(1)["confirmed_by"]?.asText == "list_only" && room.participantQuestions.count == 60)
  }

  @Test(arguments: [0, 7], [true, false])
  func `that turn out to be live keep participants whose own resource shows them`(
    updated: Int, comparesDifferences: Bool
  ) throws {
    var room = try room("completed")
    room.comparesDifferences = comparesDifferences
    room.people.append(FakePerson("q", created: 3))
    var own = room.people[0]
    (own.status, own.updated) = ("in-progress", updated)
    room.answers["p0"] = room.reply(own)
    for _ in 0..<12 { #expect(room.poll() == .complete) }
    #expect(room.types == ["participant.joined", "participant.updated"])
    // If the list's row is older than that, it is ignored for a while.
    #expect(room.participantQuestions.count == (updated == 0 ? 12 : 7))
    room.answers["p0"] = .notFound
    #expect(room.poll() == .complete)
    #expect(room.types.last == Self.left && room.line(2)["confirmed_by"]?.asText == "participant_not_found")
  }

  @Test func `that turn out to be live let the list decide if there are no confirmations`() throws {
    var room = try room("completed", confirmsLeft: false)
    room.people.append(FakePerson("q", created: 3))
    #expect(room.poll() == .complete)
    #expect(room.types == [Self.left, "participant.joined"] && room.participantQuestions.isEmpty)
  }

  @Test(arguments: ["in-progress", "ringing"])
  func `are live from the next poll on if a participant's own resource shows it`(status: String) throws {
    var room = try room("completed", "completed", "completed")
    room.hidden = ["p1", "p2"]
    var own = room.people[1]
    own.status = status
    room.answers["p1"] = room.reply(own)
    // Whatever the order of the answers, the one about p2 means nothing in this poll.
    #expect(room.poll() == .complete)
    #expect(room.types == (status == "ringing" ? [] : ["participant.updated"]))
    room.forgetEvents()
    room.answers["p1"] = .unclear
    #expect(room.poll() == .complete)
    // Only p0, whose status is completed, is still in the list.
    #expect(room.moments.conferenceAsked != nil)
    #expect(room.types == [Self.left, Self.left])
    #expect([0, 1].map { room.line($0)["call_sid"]?.asText } == ["p0", "p2"])
    #expect(room.line(0)["confirmed_by"]?.asText == "participant_finished")
  }

  @Test func `are live if any row is, even one that another page replaces`() throws {
    var room = try #require(TrackedConference())
    var listed = Self.people(["in-progress", "completed"])
    listed[1].sid = listed[0].sid
    listed[1].updated = 5
    listed[1].created = 0
    (room.people, room.listed) = ([listed[1]], listed)
    #expect(room.poll() == .complete)
    #expect(room.types == ["watch.started"])
  }
}
