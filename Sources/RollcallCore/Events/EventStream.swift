/// Numbers the events of one stream and freezes their bytes.
///
/// Sequences run from 1 without a gap, across all runs with the same state file. Every run that writes has an epoch of
/// its own, so that an id never stands for different bytes, even if the file is restored or copied between two runs:
/// see ``epoch(startedAt:random:)``. Once frozen, an event keeps its id and bytes forever.
package struct EventStream: Sendable {
  package let epoch: UInt64
  package private(set) var lastSequence: UInt64
  /// What is redacted in events; nil for nothing.
  private let redaction: Redaction?

  /// - Parameters:
  ///   - epoch: the run's epoch, which no other run has.
  ///   - lastSequence: the sequence of the stream's last event; 0 if there is none.
  package init(epoch: UInt64, lastSequence: UInt64 = 0) {
    self.init(epoch: epoch, lastSequence: lastSequence, redaction: nil)
  }

  package init(epoch: UInt64, lastSequence: UInt64 = 0, redaction: Redaction?) {
    self.epoch = epoch
    self.lastSequence = lastSequence
    self.redaction = redaction
  }

  /// Returns the epoch of a run: its start in seconds since 1970, so that ids sort in the order of runs, and random
  /// bits, so that no two runs have the same.
  package static func epoch(startedAt start: Timestamp, random: UInt32) -> UInt64 {
    UInt64(UInt32(truncatingIfNeeded: start.milliseconds / 1000)) << 32 | UInt64(random)
  }

  /// Freezes an event: gives it the next sequence, its id and its bytes.
  package mutating func freeze(_ event: Event) -> StoredEvent {
    lastSequence += 1
    let event = redaction?.applied(to: event) ?? event
    let id = Self.id(epoch: epoch, sequence: lastSequence)
    let line = EventWriter.line(for: event, id: id, sequence: lastSequence)
    return StoredEvent(
      sequence: lastSequence, id: id, type: event.type, timestamp: event.timestamp, conference: event.conference,
      call: event.call, line: line)
  }

  /// Returns the changes of a room as a store may keep them.
  package func frozen(_ changes: RoomChanges) -> RoomChanges { redaction?.applied(to: changes) ?? changes }

  /// The length of `evt_`, the 16 digits of the epoch and the underscore.
  private static let epochPrefixLength = 21

  /// Returns the prefix that the ids of all events of a run share.
  package static func epoch(of id: String) -> Substring { id.prefix(epochPrefixLength) }

  /// Returns the id in an event's line; nil if the line does not begin with one.
  package static func id(in line: [UInt8]) -> String? {
    let start = Array(#"{"id":""#.utf8)
    guard line.starts(with: start), let end = line[start.count...].firstIndex(of: 0x22) else { return nil }
    return String(decoding: line[start.count..<end], as: UTF8.self)
  }

  /// Returns the epoch and the sequence in an id such as `evt_2a9a9e621451b98f_000000000001`; nil for any other text.
  package static func numbers(ofID text: String) -> (epoch: UInt64, sequence: UInt64)? {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3, let epoch = UInt64(parts[1], radix: 16), let sequence = UInt64(parts[2]),
      id(epoch: epoch, sequence: sequence) == text
    else { return nil }
    return (epoch, sequence)
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

  /// Appends the sequence with at least 12 digits.
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
  /// The event's number in the stream: from 1, without gaps.
  package let sequence: UInt64
  package let id: String
  package let type: EventType
  package let timestamp: Timestamp
  /// The conference, in whose lane the event is delivered; nil for events without one.
  package let conference: ConferenceSID?
  /// The call of the participant the event is about; nil for events about no participant.
  package let call: CallSID?
  /// One line of JSON with its newline, at most 4096 bytes; a webhook's body is the line without the newline.
  package let line: [UInt8]
  /// Whether the store no longer has the frozen bytes, so that the event must not be delivered.
  package let isDamaged: Bool
  /// Whether even the type is lost; ``type`` is then meaningless.
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
