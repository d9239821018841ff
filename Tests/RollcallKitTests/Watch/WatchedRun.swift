import RollcallCore
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallKit

/// One run of the watcher against a made-up space, in simulated time.
final class WatchedRun: Sendable {
  static let start = Timestamp(milliseconds: 1_795_442_400_000)

  /// The most turns of the loop at one moment: far more than any run needs.
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
  /// nil where everything is stored at once.
  let store: RunStore?
  private let book = Book()
  private let hints: [(at: Int, sid: String)]
  private let hintQueue = HintQueue()
  private let ending = Mutex<PollOutcome?>(nil)
  private let endings = Mutex<[ConferenceSID: PollOutcome]>([:])

  /// - Parameters:
  ///   - storing: makes what commits are stored by, on the loop of the run.
  ///   - token: what the token is when it is read again, at so many milliseconds.
  ///   - tokenChanges: when it changes where it is kept.
  ///   - hints: The conferences that hints name, and when each comes, in milliseconds.
  ///   - conferences: what there is at so many milliseconds.
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
  /// What was stored of calls.
  var answers: [SavedRoom.Call] { book.answers.withLock { $0 } }
  /// What was stored of discovery, and when.
  var discoveries: [(at: Int, answer: SavedDiscovery)] { book.discoveries.withLock { $0 } }
  var types: [String] { told.map(\.type) }

  func told(_ type: String) -> [Told] { told.filter { $0.type == type } }

  /// When lists of participants were asked for.
  func polls(of sid: String) -> [Int] {
    space.questions.filter { $0.path.hasPrefix("/\(sid)/Participants?") }.map(\.at)
  }

  /// When calls were asked for, and whose.
  var calls: [(at: Int, call: String)] {
    space.questions.filter { $0.path.hasPrefix("Calls/") }.map { ($0.at, String($0.path.dropFirst("Calls/".count))) }
  }

  /// When lists of conferences were asked for.
  var looks: [Int] { space.questions.filter { $0.path.contains("Status=in-progress") }.map(\.at) }

  /// Watches conferences by sid until that is over, or for so long.
  func watch(_ sids: [String], for duration: Duration) -> [String: PollOutcome] {
    run(for: duration) { run in
      let endings = await run.watch.run(sids.compactMap(ConferenceSID.init))
      run.endings.withLock { $0 = endings }
    }
    return endings.withLock { $0 }.reduce(into: [:]) { $0[$1.key.text] = $1.value }
  }

  /// Watches what discovery finds until that is over, or for so long, which nil stands for.
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

  /// Does something until that is over, or for so long. A loop that does not wait in between is a failure, and ends it.
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
