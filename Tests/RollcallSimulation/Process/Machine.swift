import RollcallCore

@testable import RollcallKit

/// The machine that the process runs on, with clocks that can sleep and be set.
final class Machine {
  private let agenda: Agenda
  /// How far the wall clock is ahead of true time, in milliseconds.
  private var shift: Int64 = 0
  /// The total time that the machine has slept, in milliseconds.
  private var suspended: Int64 = 0
  /// The running process's view of the clocks; nil while none runs.
  private var clocks: SimulatedTime?

  init(_ agenda: Agenda) { self.agenda = agenda }

  /// The wall clock.
  var wall: Timestamp { Timestamp(milliseconds: RowWriter.epoch * 1000 + agenda.now + shift) }

  /// Returns the clocks for a new process. Those of the previous process are no longer updated.
  ///
  /// - Parameter seed: the seed of the process's random numbers.
  func boot(seed: UInt64) -> SimulatedTime {
    let clocks = SimulatedTime(
      wallClock: wall, boot: BootInstant(nanoseconds: agenda.now * 1_000_000), suspended: .milliseconds(suspended),
      seed: seed)
    self.clocks = clocks
    return clocks
  }

  /// Detaches the clocks of a dead process.
  func detach() { clocks = nil }

  /// Advances the time of the world and of the process.
  func advance(to moment: BootInstant) {
    agenda.advance(to: moment.nanoseconds / 1_000_000)
    clocks?.advance(to: moment)
  }

  func jump(_ time: Int64) {
    shift += time
    clocks?.moveWallClock(by: .milliseconds(time))
  }

  func sleep(_ time: Int64) {
    agenda.skip(time)
    suspended += time
    clocks?.suspend(for: .milliseconds(time))
  }
}
