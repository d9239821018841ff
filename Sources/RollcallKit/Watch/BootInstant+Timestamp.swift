import RollcallCore

/// The core plans polls in timestamps. Here they count from the start of the machine, so that no jump of the wall clock
/// moves a poll.
extension Timestamp {
  init(_ instant: BootInstant) { self.init(milliseconds: instant.nanoseconds / 1_000_000) }
}

extension BootInstant {
  init(_ timestamp: Timestamp) {
    self = BootInstant(nanoseconds: 0).advanced(by: .milliseconds(timestamp.milliseconds))
  }
}
