/// Numbers the events of one stream and freezes their bytes.
///
/// Sequences run from 1 without a gap, through all runs of a store that lasts. Every run that writes has an epoch of its own,
/// so that an id never names other bytes, whatever becomes of the store between two runs: see ``epoch(startedAt:random:)``.
/// Once frozen, an event keeps its id and bytes for ever.
package struct EventStream: Sendable {
  package let epoch: UInt64
  package private(set) var lastSequence: UInt64
  /// What events do not show.
  private let redaction: Redaction?

  /// - Parameters:
  ///   - epoch: of the run, such that no other has the same.
  ///   - lastSequence: the sequence of the stream's last event, 0 where there is none.
  package init(epoch: UInt64, lastSequence: UInt64 = 0) {
    self.init(epoch: epoch, lastSequence: lastSequence, redaction: nil)
  }

  package init(epoch: UInt64, lastSequence: UInt64 = 0, redaction: Redaction?) {
    self.epoch = epoch
    self.lastSequence = lastSequence
    self.redaction = redaction
  }

  /// The epoch of a run: the seconds since 1970 at which it starts, so that ids are in the order of their runs, and random
  /// bits, so that no two runs have the same.
  package static func epoch(startedAt start: Timestamp, random: UInt32) -> UInt64 {
    UInt64(UInt32(truncatingIfNeeded: start.milliseconds / 1000)) << 32 | UInt64(random)
  }

  /// Gives an event the next sequence, and with it its id and bytes.
  package mutating func freeze(_ draft: Event) -> StoredEvent {
    lastSequence += 1
    let draft = redaction?.applied(to: draft) ?? draft
    let id = Self.id(epoch: epoch, sequence: lastSequence)
    let line = EventWriter.line(for: draft, id: id, sequence: lastSequence)
    return StoredEvent(
      sequence: lastSequence, id: id, type: draft.type, timestamp: draft.timestamp, conference: draft.conference,
      call: draft.call, line: line)
  }

  /// What a store keeps of a room that these events lead to.
  package func frozen(_ changes: RoomChanges) -> RoomChanges { redaction?.applied(to: changes) ?? changes }

  /// `evt_`, 16 digits of the epoch and the line below.
  private static let epochPrefixLength = 21

  /// What the ids of all events of a run begin with.
  package static func epoch(of id: String) -> Substring { id.prefix(epochPrefixLength) }

  /// The id of an event's line; nil where it does not begin with one.
  package static func id(in line: [UInt8]) -> String? {
    let start = Array(#"{"id":""#.utf8)
    guard line.starts(with: start), let end = line[start.count...].firstIndex(of: 0x22) else { return nil }
    return String(decoding: line[start.count..<end], as: UTF8.self)
  }

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
package struct StoredEvent: Equatable, Sendable {
  /// From 1 and gap-free.
  package let sequence: UInt64
  package let id: String
  package let type: EventType
  package let timestamp: Timestamp
  /// The lane that the event is delivered in; nil for the events without conference.
  package let conference: ConferenceSID?
  /// Whom the event is about; nil for the events that are about nobody.
  package let call: CallSID?
  /// One line of JSON with its newline, at most 4096 bytes; a webhook's body is the line less the newline.
  package let line: [UInt8]
  /// Whether the store no longer has the bytes that were frozen: nobody is to get them.
  package let isDamaged: Bool
  /// Whether it is damaged such that even its type is lost; ``type`` says nothing then.
  package let hasLostType: Bool

  package init(
    sequence: UInt64, id: String, type: EventType, timestamp: Timestamp, conference: ConferenceSID?,
    call: CallSID?, line: [UInt8], isDamaged: Bool = false,
    hasLostType: Bool = false
  ) {
    self.sequence = sequence
    self.id = id
    self.type = type
    self.timestamp = timestamp
    self.conference = conference
    self.call = call
    self.line = line
    self.isDamaged = isDamaged
    self.hasLostType = hasLostType
  }
}
