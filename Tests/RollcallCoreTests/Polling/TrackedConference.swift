import RollcallCore
import RollcallTestKit

/// A tracker and an invented room: answers the tracker's questions, and folds its events.
struct TrackedConference {
  static let sid = "CF-1"

  var people: [FakePerson] = []
  var isOver = false
  /// People whom the list leaves out; their own resources still show them.
  var hidden: Set<String> = []
  /// People whom only the first of a poll's two passes over the list leaves out.
  var hiddenAtFirst: Set<String> = []
  /// People whom only the second pass leaves out.
  var hiddenAtSecond: Set<String> = []
  /// How many passes of a poll, from the first, get a 404 for the list.
  var missingLists = 0
  /// The people in the list if it lags behind the truth; nil if it does not.
  var listed: [FakePerson]?
  var pageSize = 1000
  /// How far the stream's clock is ahead of the provider's; nil if replies have no date.
  var clockLead: Duration?
  /// How long a page takes.
  var pageTime = Duration.milliseconds(1)
  /// Answers about people that replace the true ones.
  var answers: [String: ParticipantReply] = [:]
  /// People about whom questions are never answered.
  var silent: Set<String> = []
  var conferenceAnswer: ConferenceReply?
  /// Whether questions about the conference are never answered.
  var isConferenceSilent = false
  var conferenceTime = Duration.milliseconds(1)
  var now = Timestamp(milliseconds: 1_800_000_000_000)
  var tracker: ConferenceTracker
  var comparesDifferences = true
  private(set) var stream = EventStream(epoch: 7)
  private(set) var events: [StoredEvent] = []
  private(set) var drafts: [Event] = []
  private(set) var folded = FoldedRoom()
  /// How often the tracker asked to warn of statuses that mean nothing.
  private(set) var warnings = 0
  private(set) var participantQuestions: [CallSID] = []
  /// When the latest poll requested its first page, the conference and people, and when it had received the last page.
  private(set) var moments = Moments()
  /// How often the latest poll began to read the list.
  private(set) var looks = 0
  private var reader = PageReader()
  private let conference: ConferenceSID

  struct Moments: Equatable {
    var start: Timestamp?
    var lastPage: Timestamp?
    var conferenceAsked: Timestamp?
    var conferenceAnswered: Timestamp?
    var asked: [String: Timestamp] = [:]
    var answered: [String: Timestamp] = [:]
  }

  init?(
    origin: ConferenceTracker.Origin = .named, confirmsLeft: Bool = true, interval: Duration = .seconds(2),
    friendlyName: String? = nil, alerts: [AlertCondition] = []
  ) {
    guard let conference = ConferenceSID(Self.sid) else { return nil }
    self.conference = conference
    tracker = ConferenceTracker(
      conference: conference, friendlyName: friendlyName, origin: origin, confirmsLeft: confirmsLeft,
      alerts: alerts, interval: interval, version: "0")
  }

  /// The types of the latest poll's events.
  var types: [String] { events.map(\.type.rawValue) }

  /// Returns one of the latest events as JSON; null if there are fewer.
  func line(_ index: Int) -> JSONValue {
    guard events.indices.contains(index) else { return .null }
    return (try? JSONReader.read(Array(events[index].line.dropLast()))) ?? .null
  }

  mutating func forgetEvents() { events = [] }

  /// Polls once, from the first page to the end.
  mutating func poll(failing failure: ScanFailure? = nil) -> PollOutcome? {
    now = now + .seconds(2)
    moments = Moments(start: now)
    looks = 0
    var deadline: Timestamp?
    var actions = tracker.begin(at: now)
    for _ in 0..<100_000 {
      guard !actions.isEmpty else {
        // No more answers come: the time for questions runs out.
        guard let moment = deadline else { return nil }
        deadline = nil
        now = max(now, moment)
        actions = tracker.deadlinePassed(at: now)
        continue
      }
      let action = actions.removeFirst()
      if case .commit(let drafts) = action { commit(drafts) }
      if case .finish(let outcome) = action { return outcome }
      if case .setDeadline(let moment) = action { deadline = moment }
      actions += answer(action, failure)
    }
    return nil
  }

  private mutating func answer(
    _ action: ConferenceTracker.Action, _ failure: ScanFailure?
  ) -> [ConferenceTracker.Action] {
    let sent = now
    switch action {
    case .fetchPage(_, let ordinal):
      now = now + pageTime
      moments.lastPage = now
      return failure.map { tracker.failed($0, at: now) } ?? answerPage(ordinal, askedAt: sent)
    case .fetchParticipant(let call):
      participantQuestions.append(call)
      moments.asked[call.text] = sent
      guard !silent.contains(call.text) else { return [] }
      now = now + .milliseconds(1)
      moments.answered[call.text] = now
      return tracker.participantAnswered(call, answer(about: call), at: now)
    case .fetchConference:
      moments.conferenceAsked = sent
      guard !isConferenceSilent else { return [] }
      now = now + conferenceTime
      moments.conferenceAnswered = now
      return tracker.conferenceAnswered(conferenceAnswer ?? (isOver ? .completed(nil) : .running), at: now)
    case .warnOfStatuses:
      warnings += 1
      return []
    case .setDeadline, .commit, .finish: return []
    }
  }

  mutating func commit(_ drafts: [Event]) {
    self.drafts += drafts
    for draft in drafts {
      let event = stream.freeze(draft)
      events.append(event)
      folded.fold(event)
    }
  }

  private mutating func answerPage(_ ordinal: Int, askedAt sent: Timestamp) -> [ConferenceTracker.Action] {
    let date = clockLead.map { Timestamp(milliseconds: (sent - $0).milliseconds / 1000 * 1000) }
    if ordinal == 0 { looks += 1 }
    guard looks > missingLists else { return tracker.failed(.notFound, at: now) }
    let shown = (listed ?? people).filter {
      !hidden.contains($0.sid) && !(looks == 1 && hiddenAtFirst.contains($0.sid))
        && !(looks == 2 && hiddenAtSecond.contains($0.sid))
    }
    let all = isOver ? [] : shown
    let rows = all.dropFirst(ordinal * pageSize)
    let next = rows.count > pageSize ? "PageToken=PA\(ordinal + 1)" : nil
    let bytes = FakePerson.page(Array(rows.prefix(pageSize)), conference: Self.sid, next: next)
    do throws(PageError) {
      if let old = tracker.page(at: ordinal), comparesDifferences {
        if old.bytes.storage == bytes.storage {
          return tracker.received(PageReply(.unchanged, next: next, date: date), at: now)
        }
        let (page, delta) = try reader.read(bytes, conference: conference, since: old)
        return tracker.received(PageReply(.page(page, delta), next: next, date: date), at: now)
      }
      let page = try reader.read(bytes, conference: conference)
      return tracker.received(PageReply(.page(page, nil), next: next, date: date), at: now)
    } catch {
      return tracker.failed(.malformed(reason: error.description), at: now)
    }
  }

  private mutating func answer(about call: CallSID) -> ParticipantReply {
    if let answer = answers[call.text] { return answer }
    guard !isOver, let person = people.first(where: { $0.sid == call.text }) else { return .notFound }
    return reply(person)
  }

  /// Returns the provider's answer about a person.
  mutating func reply(_ person: FakePerson) -> ParticipantReply {
    do throws(PageError) {
      let page = try reader.read(FakePerson.page([person], conference: Self.sid), conference: conference)
      return .found(page.participant(0))
    } catch {
      return .unclear
    }
  }
}
