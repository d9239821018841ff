/// Folds event lines into the history of each conference, for `timeline` and `report`.
///
/// Keeps time spans instead of events, at most ``maximumSpans`` of them.
package struct HistoryFold {
  /// The maximum number of spans, interruptions and conferences together; each takes up to 200 bytes.
  package static let maximumSpans = 1_000_000

  private let conference: ConferenceSID?
  private let until: Timestamp?
  private let maximumSpans: Int
  /// Whether all events belong to one stream.
  private let isOneStream: Bool
  private var conferences: [ConferenceSID: ConferenceFold] = [:]
  /// The conferences in order of their first event.
  private var order: [ConferenceSID] = []
  /// The run and sequence of the last event.
  private var last: (epoch: UInt64, sequence: UInt64)?
  /// The first run of the stream that each run belongs to.
  private var streams: [UInt64: UInt64] = [:]
  /// The last known time of each stream, by its first run.
  private var ends: [UInt64: Timestamp] = [:]
  private var spans = 0

  /// - Parameters:
  ///   - conference: the only conference to fold; nil for all.
  ///   - until: the last time that counts.
  ///   - isOneStream: whether all events belong to one stream, even if some of them are left out.
  ///   - maximumSpans: a smaller limit than the default.
  package init(
    conference: ConferenceSID? = nil, until: Timestamp? = nil, isOneStream: Bool = false,
    maximumSpans: Int = HistoryFold.maximumSpans
  ) {
    self.conference = conference
    self.until = until
    self.isOneStream = isOneStream
    self.maximumSpans = maximumSpans
  }

  /// Folds the next line, with or without its newline.
  package mutating func fold(line: [UInt8]) throws(HistoryFault) {
    let event = try HistoryEvent(line: line)
    let streamEnd = (event.conference.flatMap { conferences[$0] }?.epoch).flatMap { end(of: $0) }
    advance(to: event.timestamp, epoch: event.epoch, sequence: event.sequence)
    guard spans <= maximumSpans else { throw .tooMuch }
    guard let sid = event.conference, conference == nil || conference == sid else { return }
    if let until, event.timestamp > until { return }
    let size = conferences[sid]?.size ?? 0
    if size == 0 {
      conferences[sid] = ConferenceFold(sid, event)
      order.append(sid)
    }
    try conferences[sid]?.fold(event, streamEnd: streamEnd ?? event.timestamp)
    spans += (conferences[sid]?.size ?? 0) - size
    guard spans <= maximumSpans else { throw .tooMuch }
  }

  /// Advances the time of a run to an event that is not folded.
  package mutating func skip(_ event: StoredEvent) {
    if let (epoch, _) = EventStream.numbers(ofID: event.id) {
      advance(to: event.timestamp, epoch: epoch, sequence: event.sequence)
    }
  }

  private mutating func advance(to moment: Timestamp, epoch: UInt64, sequence: UInt64) {
    let moment = until.map { min($0, moment) } ?? moment
    let stream = stream(of: epoch, from: sequence)
    ends[stream] = max(ends[stream] ?? moment, moment)
    last = (epoch, sequence)
  }

  /// Returns the stream of a run. A run continues the previous stream if its first event has the next sequence number.
  private mutating func stream(of epoch: UInt64, from sequence: UInt64) -> UInt64 {
    if let known = streams[epoch] { return known }
    let goesOn = isOneStream || last.map { $0.sequence < .max && sequence == $0.sequence + 1 } == true
    let stream = goesOn ? last.flatMap { streams[$0.epoch] } ?? epoch : epoch
    streams[epoch] = stream
    spans += 1
    return stream
  }

  private func end(of epoch: UInt64) -> Timestamp? { streams[epoch].flatMap { ends[$0] } }

  /// Returns the history of each conference, in order of their first events.
  ///
  /// - Parameter since: the first time that counts; conferences that ended before it are left out.
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

/// A time without complete scans. Changes during it are reported later, if at all.
package struct Interruption: Equatable, Sendable {
  package internal(set) var start: Timestamp
  package internal(set) var end: Timestamp
  /// The reason according to the event; nil between two runs if the second began anew.
  package internal(set) var reason: String?
  /// Whether it lasts beyond the end of the history.
  package internal(set) var isOpen: Bool

  package init(start: Timestamp, end: Timestamp, reason: String?, isOpen: Bool) {
    self.start = start
    self.end = end
    self.reason = reason
    self.isOpen = isOpen
  }

  package var milliseconds: Int64 { (end - start).wholeMilliseconds }

  /// Whether nothing is known about that time, not even who was in the room.
  package var isBetweenRuns: Bool { reason == nil }

  func clipped(to window: ClosedRange<Timestamp>) -> Interruption? {
    guard end > window.lowerBound || start >= window.lowerBound, start <= window.upperBound else { return nil }
    return Interruption(
      start: max(start, window.lowerBound), end: min(end, window.upperBound), reason: reason,
      isOpen: isOpen || end > window.upperBound)
  }
}
