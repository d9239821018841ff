/// The open connections of a server, and which of them may end so that another can begin.
struct ConnectionTable {
  /// What a connection is doing.
  enum Phase: Sendable {
    /// Nothing of a request has come since the last one was answered.
    case idle
    /// Part of a request has come.
    case arriving
    /// A whole request has come, and its reply has not left yet.
    case answering
  }

  private enum Stage {
    /// Waits for the client, since this turn.
    case waiting(hasBegun: Bool, since: UInt64)
    case answering
    /// Was chosen to end.
    case ending
  }

  private struct Entry {
    let descriptor: Int32
    var stage: Stage
  }

  private let limit: Int
  private var entries: [Int: Entry] = [:]
  private var lastNumber = 0
  /// Counts changes of phase, so that waits can be compared without a clock.
  private var turn: UInt64 = 0

  init(limit: Int) { self.limit = limit }

  /// The descriptors of all connections.
  var descriptors: [Int32] { entries.values.map(\.descriptor) }

  /// Adds a connection, idle at first.
  ///
  /// - Returns: its number; nil where there are too many.
  mutating func admit(_ descriptor: Int32) -> Int? {
    guard entries.count < limit else { return nil }
    lastNumber += 1
    turn += 1
    entries[lastNumber] = Entry(descriptor: descriptor, stage: .waiting(hasBegun: false, since: turn))
    return lastNumber
  }

  /// Notes what a connection does next.
  ///
  /// - Returns: false where it has to end instead.
  mutating func note(_ phase: Phase, of number: Int) -> Bool {
    guard var entry = entries[number] else { return false }
    if case .ending = entry.stage { return false }
    turn += 1
    switch phase {
    case .idle: entry.stage = .waiting(hasBegun: false, since: turn)
    case .arriving: entry.stage = .waiting(hasBegun: true, since: turn)
    case .answering: entry.stage = .answering
    }
    entries[number] = entry
    return true
  }

  /// Chooses the connection that has waited longest for its client, of the idle ones where there are any, and has it end.
  ///
  /// - Returns: nil where every connection is being answered.
  mutating func endLongestWaiting() -> (number: Int, descriptor: Int32)? {
    var longest: (number: Int, hasBegun: Bool, since: UInt64)?
    for (number, entry) in entries {
      guard case .waiting(let hasBegun, let since) = entry.stage else { continue }
      if let found = longest, (found.hasBegun ? 1 : 0, found.since) < (hasBegun ? 1 : 0, since) { continue }
      longest = (number, hasBegun, since)
    }
    guard let number = longest?.number, let descriptor = entries[number]?.descriptor else { return nil }
    entries[number]?.stage = .ending
    return (number, descriptor)
  }

  mutating func remove(_ number: Int) { entries[number] = nil }
}
