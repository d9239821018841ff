import RollcallCore
import RollcallTestKit

/// Troubles of a state file: its disk, and other programs that lock it.
struct DiskTroubles {
  private static let shortLock: Int64 = 1500
  private static let longestLock: Int64 = 45_000
  private static let longestFullness: Int64 = 30_000
  /// The maximum time of a write, long enough to exceed the patience for a poll.
  private static let longestWrite: Int64 = 40_000

  private let plan: Plan
  private let agenda: Agenda
  private let trace: Trace
  private var random: SplitMix64
  /// Whether there are troubles now.
  var isOn = true
  private var fullUntil: Moment = 0
  /// Until when another program excludes writers, and whether it excludes readers too.
  private var lock: (until: Moment, isExclusive: Bool) = (0, false)
  private var slowUntil: Moment = 0

  init(plan: Plan, agenda: Agenda, trace: Trace) {
    self.plan = plan
    self.agenda = agenda
    self.trace = trace
    random = SplitMix64(seed: plan.seed ^ 0x6469_736b_7573)
  }

  /// Opens the file, on which another program may have a lock already.
  mutating func opened() {
    if isOn, happens(.locks, of: 3) { beginLock() }
  }

  /// Whether writing is temporarily impossible.
  var isBlocked: Bool { isOn && (agenda.now < fullUntil || agenda.now < lock.until) }

  private mutating func happens(_ trouble: Trouble, of rarity: Int) -> Bool {
    plan.troubles.contains(trouble) && random.happens(onceIn: rarity)
  }

  /// Whether reads are delayed or fail.
  var holdReadersUp: Bool { isSlow || isOn && lock.isExclusive && agenda.now < lock.until }

  /// Whether writes may be slow.
  var isSlow: Bool { isOn && agenda.now < slowUntil }

  /// Returns why a commit fails; nil if it succeeds.
  mutating func writeFailure() -> StoreFailure? {
    guard isOn else { return nil }
    if isLocked(forReaders: false) { return Self.busy }
    if agenda.now < fullUntil { return StoreFailure(.full, "full") }
    if happens(.diskFull, of: plan.rarity * 2) {
      let longest = random.happens(onceIn: 4) ? Self.longestFullness * 3 : Self.longestFullness
      fullUntil = agenda.now + Int64.random(in: 1...longest, using: &random)
      trace.note("disk full until \(fullUntil)")
      return StoreFailure(.full, "full")
    }
    if happens(.diskErrors, of: plan.rarity * 4) {
      trace.note("disk error")
      return StoreFailure(.inputOutput, "disk I/O error")
    }
    return nil
  }

  /// Returns why a read fails; nil if it succeeds.
  mutating func readFailure() -> StoreFailure? { isOn && isLocked(forReaders: true) ? Self.busy : nil }

  private static let busy = StoreFailure(.busy, "another program has locked the file")

  private mutating func isLocked(forReaders isReader: Bool) -> Bool {
    if agenda.now >= lock.until, happens(.locks, of: plan.rarity * 3) { beginLock() }
    return agenda.now < lock.until && (lock.isExclusive || !isReader)
  }

  private mutating func beginLock() {
    let longest = Bool.random(using: &random) ? Self.shortLock : Self.longestLock
    lock = (agenda.now + Int64.random(in: 1...longest, using: &random), Bool.random(using: &random))
    trace.note("locked until \(lock.until)\(lock.isExclusive ? ", for readers too" : "")")
  }

  /// Returns the extra time that a transaction takes.
  mutating func writingTime() -> Int64 {
    guard isOn, plan.troubles.contains(.slowDisk) else { return 0 }
    if agenda.now >= slowUntil, random.happens(onceIn: plan.rarity * 2) {
      slowUntil = agenda.now + Int64.random(in: 1...Self.longestWrite * 2, using: &random)
      trace.note("disk slow until \(slowUntil)")
    }
    guard agenda.now < slowUntil else { return 0 }
    return Int64.random(in: 1...(random.happens(onceIn: 4) ? Self.longestWrite : 1000), using: &random)
  }

  /// Returns how long a read takes.
  mutating func readingTime() -> Int64 {
    isOn && agenda.now < slowUntil ? Int64.random(in: 0...500, using: &random) : 0
  }
}
