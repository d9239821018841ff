import RollcallCore
import RollcallTestKit

/// A tracker and the room that a test makes up for it: answers what the tracker asks, and folds what it tells.
struct TrackedConference {
  static let sid = "CF-1"

  var people: [FakePerson] = []
  var isOver = false
  /// Whether the list shows everybody; people left out are still there when asked for.
  var hidden: Set<String> = []
  var now = Timestamp(milliseconds: 1_800_000_000_000)
  var tracker: ConferenceTracker
  var comparesDifferences = true
  private(set) var stream = EventStream(epoch: 7)
  private(set) var events: [StoredEvent] = []
  private(set) var folded = FoldedRoom()
  private(set) var participantQuestions: [CallSID] = []
  private var reader = PageReader()
  private let conference: ConferenceSID

  init?(origin: ConferenceTracker.Origin = .named, confirmsLeft: Bool = true) {
    guard let conference = ConferenceSID(Self.sid) else { return nil }
    self.conference = conference
    tracker = ConferenceTracker(
      conference: conference, origin: origin, confirmsLeft: confirmsLeft, interval: .seconds(2), version: "0")
  }

  /// What the latest poll told.
  var types: [String] { events.map(\.type.rawValue) }

  mutating func forgetEvents() { events = [] }

  /// One poll, from its first page to its end.
  mutating func poll(failing failure: ScanFailure? = nil) -> ConferenceTracker.PollOutcome? {
    now = now + .seconds(2)
    var actions = tracker.begin(at: now)
    for _ in 0..<10_000 where !actions.isEmpty {
      let action = actions.removeFirst()
      now = now + .milliseconds(1)
      switch action {
      case .fetchPage(_, let ordinal):
        actions += failure.map { tracker.failed($0, at: now) } ?? answerPage(ordinal)
      case .fetchParticipant(let call):
        participantQuestions.append(call)
        actions += tracker.participantAnswered(call, answer(about: call), at: now)
      case .fetchConference: actions += tracker.conferenceAnswered(isOver ? .completed : .running, at: now)
      case .setDeadline: break
      case .commit(let drafts): commit(drafts)
      case .finish(let outcome): return outcome
      }
    }
    return nil
  }

  mutating func commit(_ drafts: [EventDraft]) {
    for draft in drafts {
      let event = stream.freeze(draft)
      events.append(event)
      folded.fold(event)
    }
  }

  private mutating func answerPage(_ ordinal: Int) -> [ConferenceTracker.Action] {
    let listed = people.filter { !hidden.contains($0.sid) }
    let bytes = FakePerson.page(isOver ? [] : listed, conference: Self.sid)
    do throws(PageError) {
      if let old = tracker.page(at: ordinal), comparesDifferences {
        if old.bytes.storage == bytes.storage { return tracker.received(PageReply(.unchanged, next: nil), at: now) }
        let (page, delta) = try reader.read(bytes, conference: conference, since: old)
        return tracker.received(PageReply(.page(page, delta), next: nil), at: now)
      }
      let page = try reader.read(bytes, conference: conference)
      return tracker.received(PageReply(.page(page, nil), next: nil), at: now)
    } catch {
      return tracker.failed(.malformed(reason: error.description), at: now)
    }
  }

  private mutating func answer(about call: CallSID) -> ParticipantReply {
    guard !isOver, let person = people.first(where: { $0.sid == call.text }) else { return .notFound }
    do throws(PageError) {
      let page = try reader.read(FakePerson.page([person], conference: Self.sid), conference: conference)
      return .found(page.participant(0))
    } catch {
      return .unclear
    }
  }
}
