import RollcallCore
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallKit

/// One run of the watcher against a space invented by a test, in simulated time.
final class WatchedRun: Sendable {
  static let start = Timestamp(milliseconds: 1_795_442_400_000)

  /// The maximum number of turns of the loop at one moment, far more than any run needs.
  private static let maximumTurns = 20_000

  struct Told: Sendable {
    /// Milliseconds since the run began.
    var at: Int
    var draft: Event

    var type: String { draft.type.rawValue }
  }

  private final class Book: Sendable {
    let told = Mutex<[Told]>([])
    let answers = Mutex<[SavedRoom.Call]>([])
    let discoveries = Mutex<[(at: Int, answer: SavedDiscovery)]>([])
  }

  let time = SimulatedTime(wallClock: WatchedRun.start)
  let loop: EventLoop
  let space: FakeSpace
  let watch: PollerSet
  /// nil if everything is stored at once.
  let store: RunStore?
  private let book = Book()
  private let hints: [(at: Int, sid: String)]
  private let hintQueue = HintQueue()
  private let ending = Mutex<PollOutcome?>(nil)
  private let endings = Mutex<[ConferenceSID: PollOutcome]>([:])

  /// - Parameters:
  ///   - storing: creates the store for commits, on the loop of the run.
  ///   - token: returns the token that a reload reads at a time in milliseconds.
  ///   - tokenChanges: the times at which the token's file changes, in milliseconds.
  ///   - hints: the conferences that hints name, and when each hint comes, in milliseconds.
  ///   - conferences: returns the conferences at a time in milliseconds.
  init(
    _ settings: WatchSettings = WatchSettings(interval: .seconds(2)),
    storing: (EventLoop) -> RunStore? = { _ in nil },
    token: @escaping @Sendable (Int) -> String = { _ in "old" }, tokenChanges: [Int] = [],
    delay: @escaping @Sendable (FakeSpace.Question) -> Duration = { _ in .zero },
    fault: @escaping @Sendable (FakeSpace.Question) -> HTTPResponse? = { _ in nil },
    tags: @escaping @Sendable (FakeSpace.Question, [UInt8]) -> String? = { _, _ in nil },
    hints: [(at: Int, sid: String)] = [],
    conferences: @escaping @Sendable (Int) -> [FakeConference]
  ) {
    self.hints = hints
    let (time, book) = (time, book)
    loop = EventLoop(time: time)
    space = FakeSpace(time, on: loop, delay: delay, fault: fault, tags: tags, conferences: conferences)
    let changes = Mutex(tokenChanges)
    let current = CurrentToken(
      Secret("old"),
      hasChanged: {
        let now = Self.milliseconds(time)
        return changes.withLock { changes in
          guard let first = changes.first, first <= now else { return false }
          changes.removeFirst()
          return true
        }
      }, source: { Secret(token(Self.milliseconds(time))) })
    let api = ConferenceAPI(transport: space, origin: "https://example.signalwire.com", project: "p", token: current)
    let store = storing(loop)
    self.store = store
    var settings = settings
    settings.storeObstacle = { store?.obstacle }
    settings.endsWaiting = { await store?.beginEnd() }
    watch = PollerSet(
      on: loop, clock: StreamClock(on: loop), api: api, settings: settings, hints: hintQueue, undelivered: { 7 }
    ) { commit in
      let outcome = await store?.commit(commit) ?? .stored()
      guard outcome != .notStored else { return outcome }
      let now = Self.milliseconds(time)
      book.told.withLock { $0 += commit.events.map { Told(at: now, draft: $0) } }
      book.answers.withLock { $0 += commit.changes?.calls ?? [] }
      if let answer = commit.discovery { book.discoveries.withLock { $0.append((now, answer)) } }
      return outcome
    }
  }

  private static func milliseconds(_ time: SimulatedTime) -> Int { Int(time.now.nanoseconds / 1_000_000) }

  var now: Int { Self.milliseconds(time) }
  var told: [Told] { book.told.withLock { $0 } }
  /// The stored call details.
  var answers: [SavedRoom.Call] { book.answers.withLock { $0 } }
  /// The stored discovery answers, and when each was stored.
  var discoveries: [(at: Int, answer: SavedDiscovery)] { book.discoveries.withLock { $0 } }
  var types: [String] { told.map(\.type) }

  func told(_ type: String) -> [Told] { told.filter { $0.type == type } }

  /// Returns the times of requests for a conference's participants.
  func polls(of sid: String) -> [Int] {
    space.questions.filter { $0.path.hasPrefix("/\(sid)/Participants?") }.map(\.at)
  }

  /// The times of look-ups, and the calls that were looked up.
  var calls: [(at: Int, call: String)] {
    space.questions.filter { $0.path.hasPrefix("Calls/") }.map { ($0.at, String($0.path.dropFirst("Calls/".count))) }
  }

  /// The times of requests for the list of conferences.
  var looks: [Int] { space.questions.filter { $0.path.contains("Status=in-progress") }.map(\.at) }

  /// Watches conferences by sid until the watch ends, for at most `duration`.
  func watch(_ sids: [String], for duration: Duration) -> [String: PollOutcome] {
    run(for: duration) { run in
      let endings = await run.watch.run(sids.compactMap(ConferenceSID.init))
      run.endings.withLock { $0 = endings }
    }
    return endings.withLock { $0 }.reduce(into: [:]) { $0[$1.key.text] = $1.value }
  }

  /// Watches the conferences that discovery finds until the watch ends. Returns nil if it has not ended after
  /// `duration`.
  func watch(_ selection: ConferenceSelection, for duration: Duration) -> PollOutcome? {
    run(for: duration) { run in
      let ending = await run.watch.run(selection)
      run.ending.withLock { $0 = ending }
    }
    return ending.withLock { $0 }
  }

  func watch(named name: String, for duration: Duration) -> PollOutcome? {
    watch(.named(name), for: duration)
  }

  private func giveHints() async {
    for hint in hints.sorted(by: { $0.at < $1.at }) {
      guard await loop.sleeps(for: .milliseconds(hint.at - now)) else { return }
      ConferenceSID(hint.sid).map(hintQueue.add)
    }
  }

  /// Runs the body until it returns, for at most `duration`. A loop that spins without waiting is recorded as an issue,
  /// which ends the run.
  func run(for duration: Duration, _ body: @escaping @Sendable (WatchedRun) async -> Void) {
    let isOver = Atomic(false)
    let task = Task(executorPreference: loop) { [self] in
      await withTaskGroup(of: Void.self) { group in
        let storing = self.store.map { store in Task(executorPreference: self.loop) { await store.run() } }
        let hinting = Task(executorPreference: self.loop) { await self.giveHints() }
        group.addTask { await body(self) }
        group.addTask { try? await self.loop.sleep(for: duration) }
        await group.next()
        hinting.cancel()
        group.cancelAll()
        await self.store?.beginEnd()
        await group.waitForAll()
        storing?.cancel()
      }
      isOver.store(true, ordering: .relaxed)
    }
    var (moment, turns) = (loop.now, 0)
    loop.run {
      if isOver.load(ordering: .relaxed) { return true }
      (moment, turns) = moment == loop.now ? (moment, turns + 1) : (loop.now, 0)
      return turns > Self.maximumTurns
    }
    if turns > Self.maximumTurns { Issue.record("the loop spins at \(moment.nanoseconds) ns") }
    task.cancel()
  }
}
