/// Folds the lines of streams into what happened in each conference: what `timeline` draws and `report` counts.
///
/// Only spans of time are kept, not the events, and no more than ``maximumSpans`` of them.
package struct HistoryFold {
  /// Spans, interruptions and conferences that are kept, each up to two hundred bytes.
  package static let maximumSpans = 1_000_000

  private let conference: ConferenceSID?
  private let until: Timestamp?
  private let maximumSpans: Int
  /// Whether all events are of one stream.
  private let isOneStream: Bool
  private var conferences: [ConferenceSID: ConferenceFold] = [:]
  /// In the order in which they were first told of.
  private var order: [ConferenceSID] = []
  /// The run that the last event was of, and its sequence.
  private var last: (epoch: UInt64, sequence: UInt64)?
  /// The first run of the stream that each run belongs to.
  private var streams: [UInt64: UInt64] = [:]
  /// The last moment that each stream tells of, by its first run.
  private var ends: [UInt64: Timestamp] = [:]
  private var spans = 0

  /// - Parameters:
  ///   - conference: the only one to be folded; nil for all.
  ///   - until: the last moment that counts.
  ///   - isOneStream: whether all events are of one stream, even where some of them are left out.
  ///   - maximumSpans: a smaller bound than the usual one.
  package init(
    conference: ConferenceSID? = nil, until: Timestamp? = nil, isOneStream: Bool = false,
    maximumSpans: Int = HistoryFold.maximumSpans
  ) {
    self.conference = conference
    self.until = until
    self.isOneStream = isOneStream
    self.maximumSpans = maximumSpans
  }

  /// Folds the next line, with its newline or without.
  package mutating func fold(line: [UInt8]) throws(HistoryFault) {
    let event = try HistoryEvent(line: line)
    let left = (event.conference.flatMap { conferences[$0] }?.epoch).flatMap { end(of: $0) }
    note(event.timestamp, epoch: event.epoch, sequence: event.sequence)
    guard spans <= maximumSpans else { throw .tooMuch }
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
    if let epoch = HistoryEvent.epoch(of: event.id) { note(event.timestamp, epoch: epoch, sequence: event.sequence) }
  }

  private mutating func note(_ moment: Timestamp, epoch: UInt64, sequence: UInt64) {
    let moment = until.map { min($0, moment) } ?? moment
    let stream = stream(of: epoch, from: sequence)
    ends[stream] = max(ends[stream] ?? moment, moment)
    last = (epoch, sequence)
  }

  /// A run whose first event has the next sequence goes on with the stream of the run before; any other stream begins with 1.
  private mutating func stream(of epoch: UInt64, from sequence: UInt64) -> UInt64 {
    if let known = streams[epoch] { return known }
    let goesOn = isOneStream || last.map { $0.sequence < .max && sequence == $0.sequence + 1 } == true
    let stream = goesOn ? last.flatMap { streams[$0.epoch] } ?? epoch : epoch
    streams[epoch] = stream
    spans += 1
    return stream
  }

  private func end(of epoch: UInt64) -> Timestamp? { streams[epoch].flatMap { ends[$0] } }

  /// Each conference, in the order in which they were first told of.
  ///
  /// - Parameter since: the first moment that counts; what is over before it is left out.
  package consuming func finished(since: Timestamp? = nil) -> [ConferenceHistory] {
    let fold = self
    return fold.order.compactMap { sid -> ConferenceHistory? in
      guard let conference = fold.conferences[sid] else { return nil }
      let end = fold.end(of: conference.epoch) ?? conference.history.end
      let history = conference.finished(at: end)
      guard let since else { return history }
      return history.clipped(from: since)
    }
  }
}

/// A time in which nobody looked: what happened in it is told later, if at all.
package struct Interruption: Equatable, Sendable {
  package internal(set) var start: Timestamp
  package internal(set) var end: Timestamp
  /// The event's word; nil between two runs of which the second began anew.
  package internal(set) var reason: String?
  /// Whether it goes on past the end of the history.
  package internal(set) var isOpen: Bool

  package init(start: Timestamp, end: Timestamp, reason: String?, isOpen: Bool) {
    self.start = start
    self.end = end
    self.reason = reason
    self.isOpen = isOpen
  }

  package var milliseconds: Int64 { (end - start).wholeMilliseconds }

  /// Whether nothing at all is known of that time, not even who was there.
  package var isBetweenRuns: Bool { reason == nil }

  func clipped(to window: ClosedRange<Timestamp>) -> Interruption? {
    guard end > window.lowerBound || start >= window.lowerBound, start <= window.upperBound else { return nil }
    return Interruption(
      start: max(start, window.lowerBound), end: min(end, window.upperBound), reason: reason,
      isOpen: isOpen || end > window.upperBound)
  }
}
