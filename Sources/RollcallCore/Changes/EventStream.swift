/// Numbers the events of one stream and freezes their bytes.
///
/// Sequences run from 1 without a gap; the epoch, random bits drawn when the stream began, keeps ids of different streams
/// apart. Once frozen, an event keeps its id and bytes for ever.
public struct EventStream: Sendable {
  package let epoch: UInt64
  package private(set) var lastSequence: UInt64

  /// - Parameters:
  ///   - epoch: 64 random bits.
  ///   - lastSequence: the sequence of the stream's last event, 0 where there is none.
  public init(epoch: UInt64, lastSequence: UInt64 = 0) {
    self.epoch = epoch
    self.lastSequence = lastSequence
  }

  /// Gives an event the next sequence, and with it its id and bytes.
  public mutating func freeze(_ draft: EventDraft) -> StoredEvent {
    lastSequence += 1
    let id = Self.id(epoch: epoch, sequence: lastSequence)
    let line = EventWriter.line(for: draft, id: id, sequence: lastSequence)
    return StoredEvent(
      sequence: lastSequence, id: id, type: draft.type, timestamp: draft.timestamp, conference: draft.conference,
      call: draft.call, line: line)
  }

  /// The id of another event of the stream that this one is from.
  package static func id(sameEpochAs event: StoredEvent, sequence: UInt64) -> String {
    event.id.prefix(epochPrefixLength) + sequence12(sequence)
  }

  /// `evt_`, 16 digits of the epoch and the line below.
  private static let epochPrefixLength = 21

  package static func id(epoch: UInt64, sequence: UInt64) -> String {
    var id: [UInt8] = []
    id.reserveCapacity(epochPrefixLength + 20)
    id.append(contentsOf: "evt_".utf8)
    var rest = epoch
    for _ in 0..<16 {
      let digit = UInt8(truncatingIfNeeded: rest >> 60)
      id.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      rest <<= 4
    }
    id.append(UInt8(ascii: "_"))
    appendSequence12(sequence, to: &id)
    return String(decoding: id, as: UTF8.self)
  }

  private static func sequence12(_ sequence: UInt64) -> String {
    var digits: [UInt8] = []
    appendSequence12(sequence, to: &digits)
    return String(decoding: digits, as: UTF8.self)
  }

  /// Appends at least 12 digits.
  private static func appendSequence12(_ sequence: UInt64, to bytes: inout [UInt8]) {
    var divisor: UInt64 = 100_000_000_000
    while sequence / 10 >= divisor, divisor <= UInt64.max / 10 { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: sequence / divisor % 10))
      divisor /= 10
    }
  }
}

/// An event with its final id and bytes.
public struct StoredEvent: Equatable, Sendable {
  /// From 1, gap-free within the stream.
  public let sequence: UInt64
  public let id: String
  public let type: EventType
  public let timestamp: Timestamp
  /// The lane that the event is delivered in; nil for the events without conference.
  public let conference: ConferenceSID?
  /// Whom the event is about; nil for the events that are about nobody.
  public let call: CallSID?
  /// One line of JSON with its newline, at most 4096 bytes; a webhook's body is the line less the newline.
  public let line: [UInt8]

  package init(
    sequence: UInt64, id: String, type: EventType, timestamp: Timestamp, conference: ConferenceSID?,
    call: CallSID?, line: [UInt8]
  ) {
    self.sequence = sequence
    self.id = id
    self.type = type
    self.timestamp = timestamp
    self.conference = conference
    self.call = call
    self.line = line
  }
}
