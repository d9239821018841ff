import RollcallCore

/// The core plans polls in timestamps. Here they count from the start of the machine, so that no jump of the wall clock
/// moves a poll.
extension Timestamp {
  init(_ instant: BootInstant) { self.init(milliseconds: instant.nanoseconds / 1_000_000) }

  /// The first whole millisecond that is not before a moment.
  init(notBefore instant: BootInstant) {
    let (milliseconds, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    self.init(milliseconds: rest > 0 ? milliseconds + 1 : milliseconds)
  }
}

extension BootInstant {
  init(_ timestamp: Timestamp) {
    self = BootInstant(nanoseconds: 0).advanced(by: .milliseconds(timestamp.milliseconds))
  }
}
