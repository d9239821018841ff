/// Who left in the last ten minutes: a row of the same stay that shows up again is asked for before it joins.
struct RecentDepartures: Equatable, Sendable {
  static let memory: Duration = .seconds(600)
  /// The oldest are forgotten beyond so many.
  static let maximumCount = 10_000

  private struct Departure: Equatable {
    var dateCreated: Int64
    var leftAt: Timestamp
  }

  private var departures: [CallSID: Departure] = [:]

  /// Remembers a departure; one without a date says nothing about later rows and is not kept.
  mutating func note(_ call: CallSID, dateCreated: Int64?, at now: Timestamp) {
    guard let dateCreated else { return }
    if departures.count >= Self.maximumCount { forget(at: now) }
    departures[call] = Departure(dateCreated: dateCreated, leftAt: now)
  }

  /// Whether the row belongs to a stay that ended a short while ago.
  func contains(_ row: ListedParticipant, at now: Timestamp) -> Bool {
    guard let departure = departures[row.callSID], departure.dateCreated == row.dateCreated else { return false }
    return now - departure.leftAt < Self.memory
  }

  mutating func forget(_ call: CallSID) { departures[call] = nil }

  /// Forgets those whose time is over, and the oldest if that is not enough.
  mutating func forget(at now: Timestamp) {
    departures = departures.filter { now - $0.value.leftAt < Self.memory }
    guard departures.count >= Self.maximumCount else { return }
    let oldest = departures.min { ($0.value.leftAt, $0.key) < ($1.value.leftAt, $1.key) }
    if let oldest { departures[oldest.key] = nil }
  }
}
