import RollcallCore
import RollcallTestKit

@testable import RollcallKit

/// Reports a process's use of its store to the oracles.
///
/// Unchecked because everything of a seed runs on one thread.
final class WitnessedStore: ForwardingStore, DurableStore, @unchecked Sendable {
  /// The name under which the oracles read the events of a store in memory.
  static let oracle = "oracle"

  let store: any EventStore
  /// The same store if it is durable.
  private let file: (any DurableStore)?
  private let judge: Judge
  /// Whether commits are reported here, because there is no disk that reports them.
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

  func commit(_ commit: PollCommit) async throws(StoreFailure) {
    try await store.commit(commit)
    guard showsCommits, isAlive else { return }
    let events = try await store.events(after: seen, limit: .max)
    judge.stored(events, commit)
    guard let last = events.last?.sequence else { return }
    seen = last
    store.saveCursor(Cursor(first: 1, taken: last), of: Self.oracle)
  }

  func cursor(of target: String) async throws(StoreFailure) -> Cursor {
    let cursor = try await store.cursor(of: target)
    if isAlive, known.insert(target).inserted {
      if let number = Plan.Target.number(of: target) {
        judge.delivery.begin(number, cursor)
      } else if target == LineWriter.target {
        judge.delivery.beginLines(after: cursor.taken)
      }
    }
    return cursor
  }

  func saveCursor(_ cursor: Cursor, of target: String) {
    if isAlive, let number = Plan.Target.number(of: target) { judge.delivery.noted(number, cursor) }
    store.saveCursor(cursor, of: target)
  }

  func addDeadLetter(_ letter: DeadLetter) {
    if isAlive, let number = Plan.Target.number(of: letter.target) {
      judge.delivery.ended(number, letter.sequence, letter.reason)
    }
    store.addDeadLetter(letter)
  }

  func forget(before moment: Timestamp) async throws(StoreFailure) -> Bool {
    try await file?.forget(before: moment) ?? false
  }

  func scrub() async throws(StoreFailure) { try await file?.scrub() }

  func checkPlace() async throws(StoreFailure) { try await file?.checkPlace() }

  func close(until end: BootInstant) async throws(StoreFailure) { try await file?.close(until: end) }
}

extension Plan.Target {
  private static let prefix = "hook-"

  /// Returns the webhook with a number, as the process is configured with it.
  ///
  /// - Parameter place: the number of the receiver's address.
  func webhook(_ number: Int, at place: Int, of plan: Plan) -> WebhookTarget {
    var target = WebhookTarget(
      url: Secret("http://receiver.example/\(Canary.hook)/\(number)/\(place)"), host: "receiver.example",
      name: "\(Self.prefix)\(number)")
    target.maximumAge = .milliseconds(maximumAge)
    target.filter = filter.eventFilter(plan.redaction)
    target.limits =
      plan.hasState ? .inFile(undelivered: bound, window: window, lanes: lanes) : .inMemory(undelivered: bound)
    if isSigned { target.hubSecret = Secret(Canary.key) }
    return target
  }

  /// Returns the number of the target with a name.
  static func number(of name: String) -> Int? { name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count)) : nil }
}
