import RollcallCore

@testable import RollcallKit

/// Shows the oracles what a process does with its store.
///
/// Unchecked because everything of a seed happens on one thread.
final class WitnessedStore: DurableStore, @unchecked Sendable {
  /// The name under which the oracles read the events of a store in memory.
  static let oracle = "oracle"

  private let store: any EventStore
  /// The same, where it lasts.
  private let file: (any DurableStore)?
  private let judge: Judge
  /// Whether commits are shown here, since no disk shows them.
  private let showsCommits: Bool
  private var seen: UInt64 = 0
  private var known: Set<String> = []
  var isAlive = true

  init(_ store: any EventStore, judge: Judge) {
    self.store = store
    file = store as? any DurableStore
    self.judge = judge
    showsCommits = store.isInMemory
  }

  var isInMemory: Bool { store.isInMemory }

  func commit(_ commit: PollCommit) async throws(StoreFailure) {
    try await store.commit(commit)
    guard showsCommits, isAlive else { return }
    let events = try await store.events(after: seen, limit: .max)
    judge.stored(events, commit)
    guard let last = events.last?.sequence else { return }
    seen = last
    store.note(TargetProgress(first: 1, taken: last), of: Self.oracle)
  }

  func events(after sequence: UInt64, limit: Int) async throws(StoreFailure) -> [StoredEvent] {
    try await store.events(after: sequence, limit: limit)
  }

  func id(of sequence: UInt64) -> String { store.id(of: sequence) }

  func references(
    in span: LaneSpan, of selection: EventSelection, limit: Int
  ) async throws(StoreFailure) -> [EventReference] {
    try await store.references(in: span, of: selection, limit: limit)
  }

  func count(in span: LaneSpan, of selection: EventSelection) async throws(StoreFailure) -> Int {
    try await store.count(in: span, of: selection)
  }

  func last(in span: LaneSpan, of selection: EventSelection) async throws(StoreFailure) -> UInt64? {
    try await store.last(in: span, of: selection)
  }

  func progress(of target: String) async throws(StoreFailure) -> TargetProgress {
    let progress = try await store.progress(of: target)
    if isAlive, known.insert(target).inserted {
      if let number = Plan.Target.number(of: target) {
        judge.delivery.begin(number, progress)
      } else if target == LineWriter.target {
        judge.delivery.beginLines(after: progress.taken)
      }
    }
    return progress
  }

  func note(_ progress: TargetProgress, of target: String) {
    if isAlive, let number = Plan.Target.number(of: target) { judge.delivery.noted(number, progress) }
    store.note(progress, of: target)
  }

  func dismiss(_ target: String) async { await store.dismiss(target) }

  func bury(_ letter: DeadLetter) {
    if isAlive, let number = Plan.Target.number(of: letter.target) {
      judge.delivery.ended(number, letter.sequence, letter.reason)
    }
    store.bury(letter)
  }

  func undelivered(to target: String) -> Int { store.undelivered(to: target) }

  func forget(before moment: Timestamp) async throws(StoreFailure) -> Bool {
    try await file?.forget(before: moment) ?? false
  }

  func scrub() async throws(StoreFailure) { try await file?.scrub() }

  func close(until end: BootInstant) async throws(StoreFailure) { try await file?.close(until: end) }
}

extension Plan.Target {
  private static let prefix = "hook-"

  /// The target as the process is given it.
  func webhook(_ number: Int, of plan: Plan) -> WebhookTarget {
    var target = WebhookTarget(
      url: Secret("http://receiver.example/\(Canary.hook)/\(number)"), host: "receiver.example",
      name: "\(Self.prefix)\(number)")
    target.maximumAge = .milliseconds(maximumAge)
    target.filter = filter.selection(plan.redaction)
    target.limits =
      plan.hasState ? .inFile(undelivered: bound, window: window, lanes: lanes) : .inMemory(undelivered: bound)
    if isSigned { target.hubSecret = Secret(Canary.key) }
    return target
  }

  /// The number of the target with a name.
  static func number(of name: String) -> Int? { name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count)) : nil }
}
