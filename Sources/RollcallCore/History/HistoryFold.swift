/// Folds the lines of streams into what happened in each conference: what `timeline` draws and `report` counts.
///
/// Only spans of time are kept, not the events, and no more than ``maximumSpans`` of them.
package struct HistoryFold {
  /// Spans, interruptions and conferences that are kept, each up to two hundred bytes.
  package static let maximumSpans = 1_000_000

  private let conference: ConferenceSID?
  private let until: Timestamp?
  private let maximumSpans: Int
  private var conferences: [ConferenceSID: ConferenceFold] = [:]
  /// In the order in which they were first told of.
  private var order: [ConferenceSID] = []
  /// The last moment that each run tells of.
  private var ends: [UInt64: Timestamp] = [:]
  private var spans = 0

  /// - Parameters:
  ///   - conference: the only one to be folded; nil for all.
  ///   - until: the last moment that counts.
  ///   - maximumSpans: a smaller bound than the usual one.
  package init(
    conference: ConferenceSID? = nil, until: Timestamp? = nil, maximumSpans: Int = HistoryFold.maximumSpans
  ) {
    self.conference = conference
    self.until = until
    self.maximumSpans = maximumSpans
  }

  /// Folds the next line, with its newline or without.
  package mutating func fold(line: [UInt8]) throws(HistoryFault) {
    let event = try HistoryEvent(line: line)
    let left = (event.conference.flatMap { conferences[$0] }?.epoch).flatMap { ends[$0] }
    note(event.timestamp, epoch: event.epoch)
    guard let sid = event.conference, conference == nil || conference == sid else { return }
    if let until, event.timestamp > until { return }
    let size = conferences[sid]?.size ?? 0
    if size == 0 {
      conferences[sid] = ConferenceFold(sid, event)
      order.append(sid)
    }
    try conferences[sid]?.fold(event, left: left ?? event.timestamp)
    spans += (conferences[sid]?.size ?? 0) - size
    guard spans <= maximumSpans else { throw .tooMuch }
  }

  /// Says that a run goes on to an event that is not folded.
  package mutating func note(_ event: StoredEvent) {
    if let epoch = HistoryEvent.epoch(of: event.id) { note(event.timestamp, epoch: epoch) }
  }

  private mutating func note(_ moment: Timestamp, epoch: UInt64) {
    let moment = until.map { min($0, moment) } ?? moment
    ends[epoch] = max(ends[epoch] ?? moment, moment)
  }

  /// Each conference, in the order in which they were first told of.
  ///
  /// - Parameter since: the first moment that counts; what is over before it is left out.
  package consuming func finished(since: Timestamp? = nil) -> [ConferenceHistory] {
    let (conferences, ends) = (conferences, ends)
    return order.compactMap { sid -> ConferenceHistory? in
      guard let fold = conferences[sid] else { return nil }
      let end = ends[fold.epoch] ?? fold.history.end
      let history = fold.finished(at: end)
      guard let since else { return history }
      return history.clipped(from: since)
    }
  }
}
