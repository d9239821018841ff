import RollcallCore
import RollcallTestKit
import Testing

/// The `occurred_after` of events, and how long a doubt lasts.
@Suite struct `The time of an event` {
  private func room(_ names: String...) throws -> TrackedConference {
    var room = try #require(TrackedConference())
    room.people = names.enumerated().map { FakePerson($1, created: $0) }
    #expect(room.poll() == .complete)
    room.forgetEvents()
    return room
  }

  private func after(_ index: Int, _ room: TrackedConference) -> String? {
    room.line(index)["occurred_after"]?.asText
  }

  @Test func `in a conference found later lies after the last answer without it`() throws {
    let found = Timestamp(milliseconds: 1_799_999_990_000)
    var room = try #require(TrackedConference(origin: .foundLater(after: found), friendlyName: "Stand-up"))
    room.people = [FakePerson("b", created: 3), FakePerson("a", created: 5)]
    room.people[1].muted = true
    #expect(room.poll() == .complete)
    #expect(
      room.types == [
        "conference.started", "watch.started", "participant.joined", "participant.joined", "participant.muted",
      ])
    for index in [0, 2, 3, 4] { #expect(after(index, room) == found.rfc3339) }
    #expect(room.line(0)["friendly_name"]?.asText == "Stand-up")
    #expect(room.line(0)["participant_count"]?.asInteger == 0)
    #expect(room.line(1)["baseline"]?.asInteger == 0)
    #expect(room.line(2)["call_sid"]?.asText == "b")
  }

  @Test(arguments: [
    ("last-participant-left", "c", #"{"reason":"last-participant-left","call_sid":"c"}"#),
    ("", "c", #"{"reason":null,"call_sid":"c"}"#), ("a \u{2028}", nil, #"{"reason":"a \u2028","call_sid":null}"#),
    (String(repeating: "r", count: 200), "", #"{"reason":"\#(String(repeating: "r", count: 128))","call_sid":null}"#),
    ("", nil, nil),
  ])
  func `at the end of a conference comes with the reason if the provider gives one`(
    reason: String, call: String?, expected: String?
  ) throws {
    var room = try room("c")
    room.conferenceAnswer = .completed(ConferenceEnding(reason: reason, call: call))
    room.people = []
    #expect(room.poll() == .ended)
    #expect(room.types == ["participant.left", "conference.ended"])
    let line = String(decoding: try #require(room.events.last).line, as: UTF8.self)
    #expect(
      line.contains(#""conference_sid":"CF-1",\#(expected.map { #""ended_by":\#($0),"# } ?? "")"participant_count":0}"#)
    )
  }

  @Test func `in a baseline has no lower bound`() throws {
    var room = try #require(TrackedConference(origin: .foundAtStart))
    room.people = [FakePerson("a")]
    #expect(room.poll() == .complete)
    #expect(room.types == ["conference.present", "participant.present", "watch.started"])
    #expect(room.line(0)["occurred_after"] == .null && room.line(1)["occurred_after"] == .null)
    room.forgetEvents()
    room.people[0].coaching = true
    #expect(room.poll() == .complete)
    room.people = []
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.coaching_started", "participant.coaching_stopped", "participant.left"])
    #expect(room.line(1)["lasted_ms"]?.asInteger == 2004)
    #expect(room.line(2)["lasted_ms"] == .null)
  }

  @Test func `of a participant absent for a while lies after they were last seen`() throws {
    var room = try room("a", "b")
    let shown = try #require(room.moments.start)
    room.hidden = ["b"]
    room.answers["b"] = .unclear
    for _ in 0..<3 { #expect(room.poll() == .complete) }
    var other = room
    other.answers["b"] = .notFound
    #expect(other.poll() == .complete)
    #expect(other.types == ["participant.left"] && after(0, other) == shown.rfc3339)
    // A confirmation shows the participant again.
    room.answers = [:]
    #expect(room.poll() == .complete)
    let confirmed = try #require(room.moments.asked["b"])
    room.answers["b"] = .notFound
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.left"] && after(0, room) == confirmed.rfc3339)
  }

  @Test func `of a conference's end lies after it was last known to run`() throws {
    var room = try room("a")
    let shown = try #require(room.moments.start)
    room.hidden = ["a"]
    room.conferenceAnswer = .unclear
    for _ in 0..<2 { #expect(room.poll() == .complete) }
    var other = room
    other.conferenceAnswer = .completed(nil)
    #expect(other.poll() == .ended)
    #expect(after(0, other) == shown.rfc3339 && after(1, other) == shown.rfc3339)
    room.conferenceAnswer = .running
    #expect(room.poll() == .complete)
    let asked = try #require(room.moments.conferenceAsked)
    room.conferenceAnswer = .completed(nil)
    #expect(room.poll() == .ended)
    #expect(after(1, room) == asked.rfc3339)
  }

  @Test(arguments: [(Int64(3), 5), (60, 3)])
  func `of a stale row is that of the third scan and of ten seconds`(interval: Int64, scans: Int) throws {
    // With this interval, scans that are a minute apart are not an outage.
    var room = try #require(TrackedConference(interval: .seconds(60)))
    room.people = [FakePerson("a")]
    (room.people[0].muted, room.people[0].updated) = (true, 50)
    #expect(room.poll() == .complete)
    room.forgetEvents()
    let shown = try #require(room.moments.start)
    (room.people[0].muted, room.people[0].updated) = (false, 40)
    for scan in 1...scans {
      #expect(room.types.isEmpty, "\(scan)")
      room.now = room.now + .seconds(interval - 2)
      #expect(room.poll() == .complete)
    }
    #expect(room.types == ["participant.unmuted"] && after(0, room) == shown.rfc3339)
  }

  /// Returns a room whose provider sends its time: at the first poll it is midnight of the day on which the rows were
  /// created.
  private func dated(_ lead: Duration?) throws -> TrackedConference {
    var room = try #require(TrackedConference(interval: .seconds(60)))
    let midnight = Timestamp(milliseconds: 1_795_392_000_000)
    room.now = midnight + (lead ?? .zero) - .seconds(2)
    room.clockLead = lead
    room.people = [FakePerson("a")]
    #expect(room.poll() == .complete)
    return room
  }

  @Test(arguments: [Duration.zero, .seconds(5000), .seconds(-5000), .milliseconds(7654)])
  func `of a participant whom lists omitted is bounded by their row's date, by our clock`(lead: Duration) throws {
    var room = try dated(lead)
    var start = room.now
    for _ in 0..<5 {
      start = room.now + .seconds(2)
      #expect(room.poll() == .complete)
    }
    room.forgetEvents()
    // Created 4 s after midnight, and listed only after more than 12 s.
    room.people.append(FakePerson("b", created: 4))
    room.people[1].muted = true
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.joined", "participant.muted"])
    let midnight = Timestamp(milliseconds: 1_795_392_000_000)
    let bounds = try (0...1).map { try #require(after($0, room).flatMap(Timestamp.init(rfc3339:))) }
    // Both dates are rounded down by less than a second, so no bound is later than the truth.
    #expect(bounds[0] == bounds[1] && bounds[0] < midnight + lead + .seconds(4))
    #expect(bounds[0] >= midnight + lead + .seconds(2) && bounds[0] < start)
  }

  @Test func `of a participant who joined since the last scan is bounded by that scan, whatever their row's date`()
    throws
  {
    for (lead, created, status) in [
      (Duration?.some(.zero), 13, nil), (.none, 4, nil), (.some(.zero), 4, "ringing"),
      (.some(.seconds(60)), 4, "queued"),
    ] {
      var room = try dated(lead)
      for _ in 0..<5 {
        if let status, room.people.count == 1 {
          room.people.append(FakePerson("b", created: created))
          room.people[1].status = status
        }
        #expect(room.poll() == .complete)
      }
      if status == nil { room.people.append(FakePerson("b", created: created)) }
      room.people[1].status = "in-progress"
      let last = try #require(room.moments.start)
      room.forgetEvents()
      #expect(room.poll() == .complete)
      #expect(room.types == ["participant.joined"] && after(0, room) == last.rfc3339)
    }
  }

  @Test func `of a stale row starts again after a row that is not stale`() throws {
    var room = try room("a")
    room.people[0].updated = 50
    #expect(room.poll() == .complete)
    room.forgetEvents()
    for _ in 0..<8 {
      room.listed = [FakePerson("a", created: 0)]
      room.listed?[0].muted = true
      for _ in 0..<2 { #expect(room.poll() == .complete) }
      room.listed = nil
      #expect(room.poll() == .complete)
    }
    #expect(room.types.isEmpty)
  }

  @Test func `of a participant who returned unconfirmed is that of the thirtieth scan and of a minute`() throws {
    var room = try room("a", "b")
    let gone = room.people.removeLast()
    #expect(room.poll() == .complete)
    let before = try #require(room.moments.start)
    room.forgetEvents()
    room.listed = [room.people[0], gone]
    for _ in 0..<29 { #expect(room.poll() == .complete) }
    #expect(room.types.isEmpty && room.participantQuestions.count == 30)
    // Thirty scans do not take a minute yet.
    for _ in 0..<1 { #expect(room.poll() == .complete) }
    #expect(room.types.isEmpty)
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.joined"] && after(0, room) == before.rfc3339)
  }

  @Test(arguments: [(Int64(590), 0), (600, 1)])
  func `of a participant who returns after ten minutes is that of the list`(seconds: Int64, joined: Int) throws {
    var room = try room("a", "b")
    let gone = room.people.removeLast()
    #expect(room.poll() == .complete)
    room.forgetEvents()
    room.now = room.now + .seconds(seconds - 2)
    room.listed = [room.people[0], gone]
    room.commit(room.tracker.check(at: room.now))
    room.forgetEvents()
    #expect(room.poll() == .complete)
    #expect(room.types.count { $0 == "participant.joined" } == joined)
  }

  @Test func `is never earlier than that of an earlier event`() throws {
    var room = try room("a")
    var actions = room.tracker.begin(at: room.now + .seconds(20))
    #expect(actions == [.fetchPage(query: nil, ordinal: 0)])
    let told = room.tracker.check(at: room.now + .seconds(30))
    #expect(told.map(\.type) == [.watchInterrupted])
    let conference = try #require(ConferenceSID(TrackedConference.sid))
    var reader = PageReader()
    let people = [FakePerson("a"), FakePerson("b", created: 2)]
    let page = try reader.read(FakePerson.page(people, conference: conference.text), conference: conference)
    actions = room.tracker.received(PageReply(.page(page, nil), next: nil), at: room.now + .seconds(25))
    guard case .commit(let drafts) = actions.first else {
      Issue.record("expected a commit, got \(actions)")
      return
    }
    #expect(drafts.map(\.type) == [.watchResumed, .participantJoined])
    #expect(drafts.allSatisfy { $0.timestamp == room.now + .seconds(30) })
  }
}
