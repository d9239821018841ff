import Synchronization

@testable import RollcallCore
@testable import RollcallKit

/// A state file with a stream in it, and runs of a sink that reads from it, in simulated time.
final class StoredRun {
  /// The result of one run of the sink.
  struct Outcome {
    var requests: [HTTPRequest]
    var notices: [WebhookNotice]
    var report: WebhookSink.Tally
    /// The cursor in the file after the run.
    var cursor: Cursor
    var deadLetters: Int
    var loaded: Int

    var sequences: [UInt64] {
      requests.compactMap { $0.value(of: "webhook-id").flatMap { UInt64($0.suffix(12)) } }
    }
  }

  private final class Notices: Sendable {
    let list = Mutex<[WebhookNotice]>([])
  }

  static let epoch: UInt64 = 9
  private static let start = Timestamp(milliseconds: 1_795_442_400_000)
  private static let commitSize = 1000

  private let loop = EventLoop(time: SimulatedTime(wallClock: start))
  private let directory: StateDirectory
  private var target: WebhookTarget

  init(maximumAge: Duration = .seconds(72 * 3600)) throws {
    directory = try StateDirectory()
    target = WebhookTarget(url: Secret("https://h.example/x"), host: "h.example")
    target.maximumAge = maximumAge
    loop.startThread()
  }

  deinit { loop.stop() }

  /// Returns the sequence at the end of an event's id.
  static func sequence(_ id: String) -> UInt64 { UInt64(id.suffix(12)) ?? 0 }

  private func open() async throws -> SQLiteStore {
    try await SQLiteStore.open(
      on: loop, path: directory.file, owner: .init(origin: "https://example.signalwire.com", account: "p"),
      epoch: Self.epoch, process: 1)
  }

  /// Writes events. The target is known to the file before the first one.
  func write(_ count: Int, type: EventType = .watchResumed, lane: (Int) -> ConferenceSID?) async throws {
    let store = try await open()
    _ = try await store.cursor(of: target.name)
    let drafts = (0..<count).map { Event(type, at: Self.start, conference: lane($0)) }
    try await commit(drafts, to: store)
  }

  /// Writes events about participants.
  func write(_ drafts: [Event]) async throws {
    let store = try await open()
    _ = try await store.cursor(of: target.name)
    try await commit(drafts, to: store)
  }

  /// Returns an event about a participant who was put on hold, or another of whose fields changed.
  static func change(of call: String, _ field: TrackedField) -> Event {
    var draft = Event(
      field == .hold ? .participantHeld : .participantUpdated, at: start, conference: ConferenceSID("CF"))
    draft.call = CallSID(call)
    draft.changes = [FieldChange(field.rawValue, false, true)]
    draft.participant = Array("{}".utf8)
    return draft
  }

  /// Damages an event.
  ///
  /// - Parameter change: the assignment, in SQL.
  func damage(_ sequence: UInt64, _ change: String = "line = replace(line, 'watch', 'wauch')") throws {
    try SQLiteDatabase(path: directory.file, .readWrite).execute(
      "UPDATE event SET \(change) WHERE sequence = \(sequence)")
  }

  private func commit(_ drafts: [Event], to store: SQLiteStore) async throws {
    let count = drafts.count
    let commits = stride(from: 0, to: count, by: Self.commitSize).map { first in
      PollCommit(Array(drafts[first..<min(first + Self.commitSize, count)]))
    }
    for commit in commits { try await store.commit(commit) }
    try await finish(store)
  }

  /// Lets the sink deliver for `time`, and saves its cursor.
  func deliver(
    for time: Duration, bound: Int = SQLiteStore.bound, limits: DeliveryLimits? = nil,
    selection: EventFilter = .all, answering: @escaping @Sendable (UInt64) -> Int
  ) async throws -> Outcome {
    let store = try await open()
    let notices = Notices()
    let transport = AnsweringTransport { answering(Self.sequence($0)) }
    let clock = StreamClock(on: loop)
    var target = target
    target.filter = selection
    let sink = WebhookSink(
      target, on: loop, clock: clock, store: store, transport: transport, bound: bound,
      limits: limits
    ) { notice in notices.list.withLock { $0.append(notice) } }
    await Task(executorPreference: loop) {
      await sink.notice()
      await sink.drain(until: clock.now + time)
      await sink.run()
    }.value
    let loaded = await sink.queue.loadedCount
    let report = await sink.report
    try await finish(store)
    let database = try SQLiteDatabase(path: directory.file, .readOnly)
    guard let cursor = try StateStatements(database).cursor(of: target.name) else {
      throw StoreFailure(.damaged, "no cursor")
    }
    return Outcome(
      requests: transport.requests, notices: notices.list.withLock { $0 }, report: report, cursor: cursor,
      deadLetters: Int(try database.integer("SELECT count(*) FROM dead_letter") ?? 0), loaded: loaded)
  }

  /// Lets the store's own task end, which would otherwise keep the file open.
  private func finish(_ store: SQLiteStore) async throws {
    try await store.sync()
    let loop = loop
    await Task(executorPreference: loop) { try? await loop.sleep(for: .seconds(1)) }.value
  }
}
