import RollcallCore
import RollcallTestKit
import Testing

/// What is asked before a participant is reported as left, and what each answer means.
@Suite struct `A confirmation` {
  private func room(_ count: Int = 3, confirmsLeft: Bool = true) throws -> TrackedConference {
    var room = try #require(TrackedConference(confirmsLeft: confirmsLeft))
    room.people = (0..<count).map { FakePerson("p\($0 + 10)", created: $0) }
    #expect(room.poll() == .complete)
    room.forgetEvents()
    return room
  }

  private static let left = "participant.left"
  private static let ended = "conference.ended"

  enum Said: Sendable, CaseIterable {
    case notFound, finished, notYet, unclear, nothing, unchanged, muted
  }

  @Test(arguments: Said.allCases)
  func `about an absent participant decides who has left`(said: Said) throws {
    var room = try room()
    let before = try #require(room.moments.start)
    room.hidden = ["p12"]
    var person = room.people[2]
    if said == .finished { person.status = "completed" }
    if said == .notYet { person.status = "ringing" }
    if said == .muted { person.muted = true }
    switch said {
    case .notFound: room.answers["p12"] = .notFound
    case .unclear: room.answers["p12"] = .unclear
    case .nothing: room.silent = ["p12"]
    case .finished, .notYet, .unchanged, .muted: room.answers["p12"] = room.reply(person)
    }
    #expect(room.poll() == .complete)
    let expected: [String] =
      switch said {
      case .notFound, .finished: [Self.left]
      case .notYet, .unclear, .nothing, .unchanged: []
      case .muted: ["participant.muted"]
      }
    #expect(room.types == expected)
    guard !expected.isEmpty else {
      // Asked again at the next poll.
      #expect(room.poll() == .complete)
      #expect(room.participantQuestions.count == 2)
      return
    }
    let line = room.line(0)
    #expect(line["occurred_after"]?.asText == before.rfc3339)
    #expect(line["timestamp"]?.asText == room.moments.answered["p12"]?.rfc3339)
    let evidence: [Said: String] = [.notFound: "participant_not_found", .finished: "participant_finished"]
    #expect(line["confirmed_by"]?.asText == evidence[said])
    #expect(line["participant"]?["status"]?.asText == (said == .finished ? "completed" : "in-progress"))
  }

  @Test func `is requested for eight participants at a time, and for two seconds`() throws {
    var room = try room(60)
    room.hidden = Set((10..<30).map { "p\($0)" })
    room.silent = room.hidden
    #expect(room.poll() == .complete)
    #expect(room.participantQuestions.map(\.text) == (10..<18).map { "p\($0)" })
    #expect(room.moments.lastPage.map { room.now - $0 } == .seconds(2))
    #expect(room.types.isEmpty)
    room.silent = ["p10"]
    #expect(room.poll() == .complete)
    #expect(room.participantQuestions.count == 8 + 20)
  }

  @Test func `shares its two seconds with the question about the conference`() throws {
    var room = try room(6)
    room.hidden = Set(room.people.map(\.sid))
    room.silent = room.hidden
    room.conferenceTime = .milliseconds(1500)
    let before = room.now
    #expect(room.poll() == .complete)
    // Two seconds for the interval, two for questions, and a millisecond for each pass over the list.
    #expect(room.now - before == .milliseconds(4002))
    #expect(room.looks == 2 && room.types.isEmpty)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    enum List: Sendable { case empty, missing, missingTwice, mass }
    var list: List
    var answer: ConferenceReply
    var outcome: PollOutcome
    var types: [String] = []
    var looks = 1
    var testDescription: String { "\(list) \(answer)" }
  }

  private static let over = Array(repeating: left, count: 7) + [ended]
  static let cases = [
    Case(list: .empty, answer: .completed(nil), outcome: .ended, types: over),
    Case(list: .empty, answer: .notFound, outcome: .ended, types: over),
    Case(list: .empty, answer: .running, outcome: .complete, looks: 2),
    Case(list: .empty, answer: .unclear, outcome: .complete),
    Case(list: .missing, answer: .completed(nil), outcome: .ended, types: over),
    Case(list: .missing, answer: .notFound, outcome: .ended, types: over),
    Case(list: .missing, answer: .running, outcome: .complete, looks: 2),
    Case(list: .missing, answer: .unclear, outcome: .failed(.notFound)),
    Case(list: .missingTwice, answer: .running, outcome: .failed(.notFound), looks: 2),
    Case(list: .mass, answer: .completed(nil), outcome: .ended, types: over),
    Case(list: .mass, answer: .notFound, outcome: .complete),
    Case(list: .mass, answer: .running, outcome: .complete, looks: 2),
    Case(list: .mass, answer: .unclear, outcome: .complete),
  ]

  /// The first pass over the list is wrong, the second one right.
  @Test(arguments: cases, [true, false])
  func `about a conference without listed participants decides whether it has ended`(form: Case, confirmsLeft: Bool)
    throws
  {
    var room = try room(7, confirmsLeft: confirmsLeft)
    switch form.list {
    case .empty: room.hiddenAtFirst = Set(room.people.map(\.sid))
    case .missing: room.missingLists = 1
    case .missingTwice: room.missingLists = 2
    case .mass: room.hiddenAtFirst = Set(room.people.prefix(5).map(\.sid))
    }
    room.conferenceAnswer = form.answer
    #expect(room.poll() == form.outcome)
    #expect(room.types == form.types)
    #expect(room.looks == form.looks)
    #expect(room.moments.conferenceAsked != nil && room.participantQuestions.isEmpty)
    if form.outcome == .ended {
      #expect(room.line(0)["confirmed_by"]?.asText == "conference_ended")
      #expect(room.line(7)["participant_count"]?.asInteger == 0)
    }
  }

  @Test(
    arguments: [
      (.completed(nil), .over, []), (.notFound, .unknown, []), (.running, .complete, ["watch.started"]),
    ] as [(ConferenceReply, PollOutcome, [String])], [true, false])
  func `about a conference that is empty at the start decides whether it can be watched`(
    form: (ConferenceReply, PollOutcome, [String]), listIsMissing: Bool
  ) throws {
    var room = try #require(TrackedConference())
    room.missingLists = listIsMissing ? 1 : 0
    room.conferenceAnswer = form.0
    #expect(room.poll() == form.1)
    #expect(room.types == form.2)
    room.conferenceAnswer = .unclear
    if form.1 != .complete, case .failed = room.poll() { return }
    #expect(form.1 == .complete)
  }

  @Test(arguments: [(4, 4, false), (5, 10, true), (5, 11, false), (4, 8, false)])
  func `about the conference is requested if five participants and half of the room are absent`(
    absent: Int, people: Int, isAsked: Bool
  ) throws {
    var room = try room(people)
    room.hidden = Set(room.people.prefix(absent).map(\.sid))
    if absent == people { room.people.append(FakePerson("z", created: 99)) }
    #expect(room.poll() == .complete)
    #expect((room.moments.conferenceAsked != nil) == isAsked)
  }

  @Test func `is not requested for a participant whom either of two passes lists`() throws {
    var room = try room(7)
    room.hiddenAtFirst = Set(room.people.prefix(5).map(\.sid))
    room.hiddenAtSecond = Set(room.people.suffix(2).map(\.sid))
    #expect(room.poll() == .complete)
    #expect(room.looks == 2 && room.types.isEmpty && room.participantQuestions.isEmpty)
  }

  @Test(arguments: [(2, 31), (5, 30)] as [(Int64, Int)])
  func `is overruled by the thirtieth list without the participant, once a minute has passed`(
    interval: Int64, scans: Int
  ) throws {
    var room = try room()
    room.hidden = ["p11"]
    for scan in 1...scans {
      room.now = room.now + .seconds(interval - 2)
      #expect(room.poll() == .complete)
      #expect(room.types == (scan < scans ? [] : [Self.left]))
    }
    #expect(room.line(0)["confirmed_by"]?.asText == "list_only")
  }

  @Test func `is not requested if the list alone is trusted`() throws {
    var room = try room(6, confirmsLeft: false)
    room.hidden = ["p10", "p11"]
    #expect(room.poll() == .complete)
    #expect(room.types == [Self.left, Self.left] && room.participantQuestions.isEmpty)
    #expect(room.line(0)["confirmed_by"]?.asText == "list_only")
    #expect(room.line(0)["timestamp"]?.asText == room.moments.lastPage?.rfc3339)
    room.forgetEvents()
    room.hidden = Set(room.people.map(\.sid))
    #expect(room.poll() == .complete)
    #expect(room.looks == 2 && room.types.count == 4)
  }
}
