import RollcallCore
import RollcallTestKit
import Testing

/// Properties that hold whatever a conference, its list and its network do.
@Suite struct `Whatever a provider does` {
  @Test(arguments: Seeds.first(24), RandomLife.Statuses.allCases)
  func `differences give the same events as whole lists, and the events fold to the committed room`(
    seed: UInt64, statuses: RandomLife.Statuses
  ) throws {
    var random = SplitMix64(seed: seed)
    let confirmsLeft = !random.happens(onceIn: 4)
    var fast = try #require(TrackedConference(confirmsLeft: confirmsLeft))
    var slow = fast
    slow.comparesDifferences = false
    var life = RandomLife(statuses: statuses)
    for _ in 0..<80 {
      life.step(&random)
      let failure: ScanFailure? = random.happens(onceIn: 15) ? .unreachable(reason: "down") : nil
      life.noteOutage(&fast, &random)
      Self.copy(fast, to: &slow)
      #expect(fast.poll(failing: failure) == slow.poll(failing: failure))
      guard fast.events == slow.events, fast.tracker.wholeRoom == slow.tracker.wholeRoom, fast.folded.faults.isEmpty,
        Self.isInStep(fast)
      else {
        Issue.record("expected \(slow.types.suffix(5)), got \(fast.types.suffix(5)): \(fast.folded.faults)")
        return
      }
      if fast.folded.hasEnded { break }
    }
    Self.expectOrder(of: fast.events)
  }

  @Test(arguments: Seeds.first(60))
  func `the order of rows, the size of pages and repeated rows change nothing`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var plain = try #require(TrackedConference())
    plain.pageTime = .zero
    var paged = plain
    paged.pageSize = Int.random(in: 3...7, using: &random)
    var life = RandomLife()
    for _ in 0..<40 {
      life.step(&random)
      plain.people = life.people
      paged.people = life.people
      var shown = life.people.shuffled(using: &random)
      if let twice = shown.randomElement(using: &random) {
        shown.insert(twice, at: Int.random(in: 0...shown.count, using: &random))
      }
      paged.listed = shown
      #expect(plain.poll() == .complete)
      #expect(paged.poll() == .complete)
      #expect(plain.events == paged.events)
    }
  }

  @Test(arguments: 0..<15 as Range<UInt64>, [true, false])
  func `the events match an honest provider's room at every poll, confirmed or not`(seed: UInt64, confirmsLeft: Bool)
    throws
  {
    var random = SplitMix64(seed: seed)
    var room = try #require(TrackedConference(confirmsLeft: confirmsLeft))
    var life = RandomLife()
    for _ in 0..<40 {
      life.step(&random)
      room.people = life.people
      #expect(room.poll() == .complete)
      let present = life.people.filter { $0.status == "in-progress" }.map(\.sid)
      // A participant who is called again stays in the room until their own resource says otherwise; the list alone
      // does not remove them.
      let settingUp = confirmsLeft ? life.people.filter { $0.status == "ringing" }.map(\.sid) : []
      #expect(Set(present).isSubset(of: room.folded.people.keys))
      #expect(Set(room.folded.people.keys).isSubset(of: present + settingUp))
      #expect(room.folded.faults.isEmpty)
    }
  }

  private static func copy(_ room: TrackedConference, to other: inout TrackedConference) {
    (other.people, other.listed, other.hidden, other.hiddenAtFirst) =
      (room.people, room.listed, room.hidden, room.hiddenAtFirst)
    (other.missingLists, other.answers, other.silent, other.conferenceAnswer) =
      (room.missingLists, room.answers, room.silent, room.conferenceAnswer)
  }

  /// Whether the folded events give the committed room.
  private static func isInStep(_ room: TrackedConference) -> Bool {
    let committed = room.tracker.room.participants.map { call, person in
      let state = person.state
      return (
        call.text,
        FoldedRoom.Person(
          muted: state.isMuted, hold: state.isOnHold, coaching: state.isCoaching, target: state.callSIDToCoach,
          endsOnExit: state.endsConferenceOnExit, status: state.status)
      )
    }
    return room.folded.people == Dictionary(uniqueKeysWithValues: committed)
  }

  /// Expects sequences without a gap, and times that neither go back nor precede `occurred_after`.
  private static func expectOrder(of events: [StoredEvent]) {
    var last: StoredEvent?
    for event in events {
      #expect(event.sequence == (last?.sequence ?? 0) + 1)
      #expect(event.timestamp >= last?.timestamp ?? event.timestamp)
      let after = (try? JSONReader.read(Array(event.line.dropLast())))?["occurred_after"]?.asText
      if let after = after.flatMap(Timestamp.init(rfc3339:)) { #expect(after < event.timestamp) }
      last = event
    }
  }
}
