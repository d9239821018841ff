/// Which stays ended in the last ten minutes: a row of one of them that shows up again is asked for before it joins.
struct RecentDepartures: Equatable, Sendable {
  static let memory: Duration = .seconds(600)
  /// The oldest are forgotten beyond so many.
  static let maximumCount = 10_000

  private struct Stay: Hashable {
    var call: CallSID
    var dateCreated: Int64
  }

  private var ends: [Stay: Timestamp] = [:]

  /// Remembers a departure; one without a date says nothing about later rows and is not kept.
  mutating func note(_ call: CallSID, dateCreated: Int64?, at now: Timestamp) {
    guard let dateCreated else { return }
    if ends.count >= Self.maximumCount { forget(at: now) }
    ends[Stay(call: call, dateCreated: dateCreated)] = now
  }

  /// Whether a stay that began then ended a short while ago.
  func contains(_ call: CallSID, dateCreated: Int64?, at now: Timestamp) -> Bool {
    guard let dateCreated else { return false }
    guard let end = ends[Stay(call: call, dateCreated: dateCreated)] else { return false }
    return now - end < Self.memory
  }

  /// Forgets those whose time is over, and the oldest if that is not enough.
  private mutating func forget(at now: Timestamp) {
    ends = ends.filter { now - $0.value < Self.memory }
    guard ends.count >= Self.maximumCount else { return }
    let oldest = ends.min {
      ($0.value, $0.key.call, $0.key.dateCreated) < ($1.value, $1.key.call, $1.key.dateCreated)
    }
    if let oldest { ends[oldest.key] = nil }
  }
}
