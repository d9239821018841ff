import RollcallCore

/// The streams of a state file, one after the other: each has an epoch, and counts its events from 1.
struct StreamEpochs: Sendable {
  /// A stream that another has followed.
  private struct Past {
    var last: UInt64
    var epoch: UInt64
  }

  /// The epoch of the stream that is being written.
  let current: UInt64
  /// In their order.
  private var past: [Past] = []

  init(_ database: SQLiteDatabase) throws(StoreFailure) {
    current = UInt64(bitPattern: try database.integer("SELECT epoch FROM stream") ?? 0)
    let statement = try database.prepare("SELECT last, epoch FROM past_epoch ORDER BY last")
    while try statement.next() {
      guard let last = statement.integer(0), let epoch = statement.integer(1) else { continue }
      past.append(Past(last: UInt64(clamping: last), epoch: UInt64(bitPattern: epoch)))
    }
  }

  /// The place of the last event before the stream that is being written.
  var base: UInt64 { past.last?.last ?? 0 }

  /// The id of the event at a place.
  func id(of place: UInt64) -> String {
    guard let index = past.firstIndex(where: { place <= $0.last }) else {
      return EventStream.id(epoch: current, sequence: place - base)
    }
    return EventStream.id(epoch: past[index].epoch, sequence: place - (index == 0 ? 0 : past[index - 1].last))
  }

  /// The places that an event with this sequence may have, one in each stream.
  func places(of sequence: UInt64) -> [UInt64] {
    ([0] + past.map(\.last)).map { $0 + sequence }
  }
}
