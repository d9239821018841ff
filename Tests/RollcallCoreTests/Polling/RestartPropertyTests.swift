import RollcallTestKit
import Testing

@testable import RollcallCore

/// A restart may change nothing except the event that reports it.
@Suite struct `A tracker that continues from a saved room` {
  @Test(arguments: Seeds.first(16), RandomLife.Statuses.allCases)
  func `emits the same events as one that never stopped`(seed: UInt64, statuses: RandomLife.Statuses) throws {
    var random = SplitMix64(seed: seed)
    let confirmsLeft = !random.happens(onceIn: 4)
    var steady = try #require(TrackedConference(confirmsLeft: confirmsLeft))
    var restarted = steady
    Self.begin(&restarted, confirmsLeft: confirmsLeft, saved: nil)
    var tables = SavedTables()
    var life = RandomLife(statuses: statuses)
    var restarts = 0
    for _ in 0..<80 {
      life.step(&random)
      let failure: ScanFailure? = random.happens(onceIn: 15) ? .unreachable(reason: "down") : nil
      life.noteOutage(&steady, &random)
      Self.copy(steady, to: &restarted)
      #expect(steady.poll(failing: failure) == restarted.poll(failing: failure))
      guard Self.withoutGaps(steady.drafts) == Self.withoutGaps(restarted.drafts) else {
        Issue.record("after \(restarts) restarts expected \(steady.types.suffix(5)), got \(restarted.types.suffix(5))")
        return
      }
      // As at the end of a run: the counters of doubts are saved too.
      if let changes = restarted.tracker.takeChanges(with: restarted.drafts.suffix(1)) { tables.write(changes) }
      guard let saved = tables.room(&random) else { continue }
      let room = try #require(Room(saved))
      #expect(room == restarted.tracker.wholeRoom)
      guard random.happens(onceIn: 4) else { continue }
      restarts += 1
      Self.begin(&restarted, confirmsLeft: confirmsLeft, saved: room)
    }
    #expect(restarts > 0 || steady.folded.hasEnded)
  }

  @Test(arguments: Seeds.first(24))
  func `loses and invents nothing after it was killed`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var room = try #require(TrackedConference())
    let alerts = try ["hold:3s", "muted:1s", "coaching:5s", "people:2:3s", "alone:1s", "empty:1s"].map {
      try AlertCondition($0)
    }
    Self.begin(&room, confirmsLeft: true, saved: nil, alerts: alerts)
    var tables = SavedTables()
    var life = RandomLife()
    for _ in 0..<80 {
      life.step(&random)
      life.noteOutage(&room, &random)
      _ = room.poll(failing: random.happens(onceIn: 15) ? .unreachable(reason: "down") : nil)
      // Only what is committed with events is saved.
      if let last = room.drafts.last, room.tracker.unsaved?.awaitsEvents == true {
        let changes = room.tracker.takeChanges(with: [last])
        tables.write(try #require(changes))
      }
      #expect(room.folded.faults.isEmpty && room.folded.alerts == room.tracker.room.raisedAlerts)
      if room.folded.hasEnded { return }
      guard random.happens(onceIn: 5), let saved = tables.room(&random) else { continue }
      let restored = try #require(Room(saved) as Room?)
      Self.begin(&room, confirmsLeft: true, saved: restored, alerts: random.happens(onceIn: 4) ? [] : alerts)
      #expect(room.folded.alerts == restored.raisedAlerts)
      #expect(Set(room.folded.people.keys) == Set(saved.people.map(\.callSID.text)))
    }
    // From here on the provider tells the truth.
    (room.listed, room.hidden, room.hiddenAtFirst, room.silent, room.answers) = (nil, [], [], [], [:])
    (room.missingLists, room.conferenceAnswer) = (0, nil)
    for index in life.people.indices { room.people[index].status = "in-progress" }
    for _ in 0..<40 { _ = room.poll() }
    #expect(room.folded.faults.isEmpty)
    #expect(Set(room.folded.people.keys) == Set(room.people.map(\.sid)))
  }

  @Test func `saves no change of the room before its events`() throws {
    var room = try #require(TrackedConference())
    Self.begin(&room, confirmsLeft: true, saved: nil)
    room.people = [FakePerson("a")]
    #expect(room.poll() == .complete)
    #expect(room.tracker.takeChanges() == nil)
    #expect(room.tracker.takeChanges(with: room.drafts)?.people.count == 1)
    #expect(room.poll() == .complete)
    let changes = room.tracker.takeChanges()
    let quiet = try #require(changes)
    #expect(quiet.people.isEmpty && quiet.head.lastScanStart == room.tracker.room.lastScanStart)
  }

  @Test(arguments: [true, false])
  func `reports the time between runs, but not for a periodic job`(tells: Bool) throws {
    var room = try #require(TrackedConference())
    Self.begin(&room, confirmsLeft: true, saved: nil)
    room.people = [FakePerson("a")]
    #expect(room.poll() == .complete)
    Self.begin(&room, confirmsLeft: true, saved: room.tracker.wholeRoom, reportsRestart: tells)
    room.now = room.now + .seconds(3600)
    #expect(room.tracker.check(at: room.now).isEmpty)
    room.forgetEvents()
    #expect(room.poll(failing: .throttled(retryAfter: nil)) == .failed(.throttled(retryAfter: nil)))
    #expect(room.poll(failing: .unauthorised) == .failed(.unauthorised))
    #expect(room.poll() == .complete)
    #expect(room.types == (tells ? ["watch.resumed"] : []))
    if tells { #expect(room.line(0)["reason"]?.asText == "restart") }
  }

  @Test func `adopts the name by which the conference is found`() throws {
    let sid = try #require(ConferenceSID(TrackedConference.sid))
    let named = ConferenceTracker(
      conference: sid, friendlyName: "daily", origin: .foundAtStart, saved: Room(conference: sid),
      interval: .seconds(2), version: "0")
    #expect(named.room.friendlyName == "daily")
    let again = ConferenceTracker(
      conference: sid, origin: .named, saved: named.room, interval: .seconds(2), version: "0")
    #expect(again.room.friendlyName == "daily")
  }

  private static func begin(
    _ room: inout TrackedConference, confirmsLeft: Bool, saved: Room?, alerts: [AlertCondition] = [],
    reportsRestart: Bool = true
  ) {
    room.tracker = ConferenceTracker(
      conference: room.tracker.room.conference, origin: .named, saved: saved, keepsRoom: true,
      confirmsLeft: confirmsLeft, alerts: alerts, interval: .seconds(2), version: "0")
    room.tracker.resume(reportsRestart: reportsRestart)
  }

  private static func withoutGaps(_ drafts: [Event]) -> [Event] {
    drafts.filter { $0.type != .watchResumed }
  }

  private static func copy(_ room: TrackedConference, to other: inout TrackedConference) {
    (other.people, other.listed, other.hidden, other.hiddenAtFirst) =
      (room.people, room.listed, room.hidden, room.hiddenAtFirst)
    (other.missingLists, other.answers, other.silent, other.conferenceAnswer) =
      (room.missingLists, room.answers, room.silent, room.conferenceAnswer)
  }
}
