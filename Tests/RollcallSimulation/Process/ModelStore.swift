import RollcallCore
import RollcallTestKit

@testable import RollcallKit

/// A state file on an unreliable disk: only what has been synced survives a crash.
///
/// Unchecked because everything of a seed runs on one thread.
final class ModelStore: @unchecked Sendable {
  /// What survives a crash.
  struct Disk {
    var events: [StoredEvent] = []
    var rooms: [ConferenceSID: RoomTables] = [:]
    var cursors: [String: Cursor] = [:]
    var letters: [DeadLetter] = []
    var discoveries: [String: SavedDiscovery] = [:]
  }

  private struct Pending {
    var commit: PollCommit
    var end: (StoreFailure?) -> Void
  }

  /// The failure for a process that is dead or has been replaced.
  fileprivate static let gone = StoreFailure(.inputOutput, "the process is gone")

  static let cursorDelay: Int64 = 100

  private let plan: Plan
  private let agenda: Agenda
  private let trace: Trace
  private var random: SplitMix64
  /// The epoch of the running process.
  private var epoch: UInt64 = 0
  private let redaction: Redaction?
  private(set) var disk = Disk()
  var troubles: DiskTroubles
  /// Called when commits fail.
  var onFault: () -> Void = {}
  /// Receives each durable commit.
  var onDurable: ([StoredEvent], PollCommit) -> Void = { _, _ in }
  /// For tests of the oracles: events are readable before they are durable.
  var showsTooEarly = false
  /// For tests of the oracles: the store's error.
  var mistake: Mistake?

  // The memory of the running process.
  fileprivate private(set) var process = 0
  private var pending: [Pending] = []
  private var cursors: [String: Cursor] = [:]
  /// The first sequence of each new target: that of the next event when its cursor was first read.
  private var starts: [String: UInt64] = [:]
  private var unwritten: Set<String> = []
  private var letters: [DeadLetter] = []
  private var isCursorWriteDue = false
  private var failure: StoreFailure?
  private var early: [StoredEvent] = []
  /// The commits being written to the disk.
  private var writing: [PollCommit]?
  /// The commits of the current transaction.
  private var flushing: [Pending] = []
  /// Whether there is a transaction.
  private var isBusy = false
  /// The pending reads of a slow disk.
  private var reads = PendingRequests<Void>()

  init(plan: Plan, agenda: Agenda, trace: Trace) {
    self.plan = plan
    self.agenda = agenda
    self.trace = trace
    random = SplitMix64(seed: plan.seed ^ 0x6469_736b)
    redaction = plan.redaction
    troubles = DiskTroubles(plan: plan, agenda: agenda, trace: trace)
  }

  var lastSequence: UInt64 { UInt64(disk.events.count) }
  /// Whether commits take longer than usual now.
  var isHindered: Bool { isBusy || !pending.isEmpty || troubles.isBlocked || troubles.isSlow || failure != nil }
  /// The events that a reader of the store sees.
  private var visible: [StoredEvent] { early.isEmpty ? disk.events : disk.events + early }

  /// The latest time in the file.
  var lastTime: Timestamp? {
    let others = disk.discoveries.values.map(\.askedAt) + [disk.events.last?.timestamp].compactMap(\.self)
    return (disk.rooms.values.flatMap(\.times) + others).max()
  }

  /// Drops the memory of a dead process; a transaction being written may or may not be on the disk.
  func crash() {
    if let writing, Bool.random(using: &random) { write(writing) }
    open()
  }

  /// Replaces the file, while no process has it open, by an older copy.
  func goBack(to copy: Disk) { disk = copy }

  /// Opens the file for a new process.
  ///
  /// - Returns: that process's view of the store.
  @discardableResult
  func open() -> ProcessStore {
    process += 1
    let random = UInt32(truncatingIfNeeded: plan.seed) &* 31 &+ UInt32(process)
    epoch = EventStream.epoch(startedAt: Timestamp(milliseconds: RowWriter.epoch * 1000 + agenda.now), random: random)
    let orphans = pending + flushing
    (writing, isBusy) = (nil, false)
    (pending, flushing, cursors, starts, unwritten, letters) = ([], [], [:], [:], [], [])
    (isCursorWriteDue, failure, early) = (false, nil, [])
    for orphan in orphans { orphan.end(Self.gone) }
    reads.cancelAll()
    reads = PendingRequests()
    troubles.opened()
    return ProcessStore(self, process: process)
  }

  // MARK: Commits

  fileprivate func commit(_ commit: PollCommit, end: @escaping (StoreFailure?) -> Void) {
    pending.append(Pending(commit: commit, end: end))
    if pending.count == 1, !isBusy { flushSoon() }
  }

  private func flushSoon() {
    isBusy = true
    let process = process
    agenda.after(Int64.random(in: 0...3, using: &random)) { [self] in
      if process == self.process { flush() }
    }
  }

  /// Writes all waiting commits in one transaction.
  private func flush() {
    let group = pending
    (pending, flushing) = ([], group)
    let failure = fault()
    if failure != nil { onFault() }
    // After an error it is uncertain whether the disk has the commits.
    let isWritten = failure.map { $0.kind == .inputOutput && Bool.random(using: &random) } ?? true
    if failure?.kind == .inputOutput { self.failure = failure }
    let process = process
    if isWritten { writing = group.map(\.commit) }
    if showsTooEarly { early = freeze(group.map(\.commit)).flatMap(\.events) }
    agenda.after(Int64.random(in: 0...6, using: &random) + troubles.writingTime()) { [self] in
      guard process == self.process else { return }
      if let commits = writing { write(commits) }
      (writing, isBusy, early, flushing) = (nil, false, [], [])
      if !pending.isEmpty { flushSoon() }
      if !showsTooEarly { for pending in group { pending.end(failure) } }
    }
    if showsTooEarly {
      flushing = []
      for pending in group { pending.end(nil) }
    }
  }

  private func fault() -> StoreFailure? { failure ?? troubles.writeFailure() }

  private func freeze(_ commits: [PollCommit]) -> [(events: [StoredEvent], changes: RoomChanges?)] {
    let skipped: UInt64 = mistake == .skips && lastSequence > 10 ? 1 : 0
    let redaction = mistake == .shows ? nil : redaction
    var stream = EventStream(epoch: epoch, lastSequence: lastSequence + skipped, redaction: redaction)
    return commits.map { commit in
      let emitted = mistake?.apply(to: commit.events) ?? commit.events
      return (emitted.map { stream.freeze($0) }, commit.changes.map(stream.frozen))
    }
  }

  private func write(_ commits: [PollCommit]) {
    writeCursors()
    for (commit, (events, changes)) in zip(commits, freeze(commits)) {
      disk.events += events
      if let changes {
        disk.rooms[changes.head.conference, default: RoomTables(head: changes.head)].save(changes)
      }
      if let answer = commit.discovery { disk.discoveries[answer.question] = answer }
      onDurable(events, PollCommit(commit.events, changes: changes))
    }
  }

  // MARK: Reading

  /// Waits for a read of the disk.
  fileprivate func read() async throws(StoreFailure) {
    let (process, time) = (process, troubles.readingTime())
    if time > 0 { _ = await reads.wait { [agenda] end in agenda.after(time) { end(()) } } }
    if process != self.process { throw Self.gone }
    if let failure = troubles.readFailure() { throw failure }
  }

  fileprivate func events(after sequence: UInt64, limit: Int) -> [StoredEvent] {
    let events = Array(visible.dropFirst(Int(clamping: sequence)).prefix(limit))
    return mistake.map { events.map($0.read) } ?? events
  }

  fileprivate func references(in span: LaneSpan, of selection: EventFilter, limit: Int) -> [EventReference] {
    matches(span, selection).prefix(limit).map(EventReference.init)
  }

  fileprivate func count(in span: LaneSpan, of selection: EventFilter) -> Int { matches(span, selection).count }
  fileprivate func last(in span: LaneSpan, of selection: EventFilter) -> UInt64? {
    matches(span, selection).last?.sequence
  }

  private func matches(_ span: LaneSpan, _ selection: EventFilter) -> [StoredEvent] {
    disk.events.dropFirst(Int(clamping: span.after)).prefix { $0.sequence <= span.through }
      .filter { $0.conference == span.lane && selection.accepts($0) }
  }

  // MARK: Cursors

  fileprivate func cursor(of target: String) async throws(StoreFailure) -> Cursor {
    if let known = cursors[target] { return known }
    let start = starts[target] ?? lastSequence + 1
    starts[target] = start
    try await read()
    let cursor = cursors[target] ?? disk.cursors[target] ?? Cursor(first: start)
    saveCursor(cursor, of: target)
    return cursor
  }

  fileprivate func saveCursor(_ cursor: Cursor, of target: String) {
    cursors[target] = cursor
    unwritten.insert(target)
    scheduleCursorWrite()
  }

  fileprivate func addDeadLetter(_ letter: DeadLetter) {
    letters.append(letter)
    scheduleCursorWrite()
  }

  fileprivate func undelivered(to target: String) -> Int {
    guard let cursor = cursors[target] else { return 0 }
    return Int(lastSequence - min(cursor.done, lastSequence))
  }

  private func scheduleCursorWrite() {
    guard !isCursorWriteDue else { return }
    isCursorWriteDue = true
    let process = process
    agenda.after(Self.cursorDelay) { [self] in
      guard process == self.process else { return }
      isCursorWriteDue = false
      sync()
    }
  }

  /// Writes the cursors, if the disk accepts writes.
  fileprivate func sync() {
    guard failure == nil, !unwritten.isEmpty || !letters.isEmpty else { return }
    if troubles.isBlocked { scheduleCursorWrite() } else { writeCursors() }
  }

  private func writeCursors() {
    for (target, start) in starts where disk.cursors[target] == nil {
      disk.cursors[target] = Cursor(first: start)
    }
    for target in unwritten { disk.cursors[target] = cursors[target] }
    disk.letters += letters
    (unwritten, letters) = ([], [])
  }
}

/// One process's view of the store. Requests of a dead process fail.
struct ProcessStore: DurableStore {
  private let store: ModelStore
  private let process: Int

  fileprivate init(_ store: ModelStore, process: Int) {
    self.store = store
    self.process = process
  }

  let isInMemory = false

  private var isOpen: Bool { store.process == process }

  private func check() throws(StoreFailure) {
    if !isOpen { throw ModelStore.gone }
  }

  private func read() async throws(StoreFailure) {
    try check()
    try await store.read()
  }

  func commit(_ commit: PollCommit) async throws(StoreFailure) {
    try check()
    let failure = await withCheckedContinuation { continuation in
      store.commit(commit) { continuation.resume(returning: $0) }
    }
    if let failure { throw failure }
  }

  func events(after sequence: UInt64, limit: Int) async throws(StoreFailure) -> [StoredEvent] {
    try await read()
    return store.events(after: sequence, limit: limit)
  }

  func id(of sequence: UInt64) async throws(StoreFailure) -> String? {
    try check()
    return store.events(after: sequence - 1, limit: 1).first?.id
  }

  func references(
    in span: LaneSpan, of selection: EventFilter, limit: Int
  ) async throws(StoreFailure) -> [EventReference] {
    try await read()
    return store.references(in: span, of: selection, limit: limit)
  }

  func count(in span: LaneSpan, of selection: EventFilter) async throws(StoreFailure) -> Int {
    try await read()
    return store.count(in: span, of: selection)
  }

  func last(in span: LaneSpan, of selection: EventFilter) async throws(StoreFailure) -> UInt64? {
    try await read()
    return store.last(in: span, of: selection)
  }

  func cursor(of target: String) async throws(StoreFailure) -> Cursor {
    try check()
    return try await store.cursor(of: target)
  }

  func saveCursor(_ cursor: Cursor, of target: String) {
    if isOpen { store.saveCursor(cursor, of: target) }
  }

  func dismiss(_ target: String) async {}

  func addDeadLetter(_ letter: DeadLetter) {
    if isOpen { store.addDeadLetter(letter) }
  }

  func undelivered(to target: String) -> Int { isOpen ? store.undelivered(to: target) : 0 }

  func forget(before moment: Timestamp) async throws(StoreFailure) -> Bool { false }

  func scrub() async throws(StoreFailure) {}

  func checkPlace() async throws(StoreFailure) { try check() }

  func close(until end: BootInstant) async throws(StoreFailure) {
    try check()
    store.sync()
  }
}
