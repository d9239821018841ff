/// What happened in one conference, folded from its events.
package struct ConferenceHistory: Equatable, Sendable {
  package let conference: ConferenceSID
  package internal(set) var friendlyName: String?
  /// The time between polls, as the last run said; nil where none did.
  package internal(set) var interval: Duration?
  package internal(set) var start: Timestamp
  /// When it was over, else the last moment that the stream tells of.
  package internal(set) var end: Timestamp
  package internal(set) var hasEnded = false
  /// In the order in which they came.
  package internal(set) var people: [PersonHistory] = []
  /// In the order of time; they do not overlap.
  package internal(set) var interruptions: [Interruption] = []
  package internal(set) var counts = CountSteps()
  /// How many people are in the room and not in ``people``, because the events that told of them are missing.
  package internal(set) var missing = 0

  package var milliseconds: Int64 { (end - start).wholeMilliseconds }
  package var peak: Int { counts.peak }
  package var interruptedMilliseconds: Int64 { interruptions.reduce(0) { $0 + $1.milliseconds } }

  /// The people in the room, averaged over the time of which anything is known; those of the end where it is no time.
  package var average: Double {
    let unknown = interruptions.reduce(0) { $1.isBetweenRuns ? $0 + $1.milliseconds : $0 }
    guard milliseconds > unknown else { return Double(counts.steps.last?.count ?? 0) }
    return Double(counts.integral(until: end)) / Double(milliseconds - unknown)
  }

  /// The part from a moment on; nil where all of it is before that.
  package func clipped(from moment: Timestamp) -> ConferenceHistory? {
    guard moment <= end else { return nil }
    guard moment > start else { return self }
    var history = self
    history.start = moment
    let window = moment...end
    history.people = people.compactMap { $0.clipped(to: window) }
    history.interruptions = interruptions.compactMap { $0.clipped(to: window) }
    history.counts = counts.clipped(to: window)
    return history
  }
}
