import RollcallCore

@testable import RollcallKit

/// The machine that the process runs on: its clocks, which sleep and which people set.
final class Machine {
  private let agenda: Agenda
  /// How far the wall clock is from the truth, in milliseconds.
  private var shift: Int64 = 0
  /// How long the machine has slept altogether, in milliseconds.
  private var suspended: Int64 = 0
  /// What the process that runs sees of the clocks; nil while none runs.
  private var clocks: SimulatedTime?

  init(_ agenda: Agenda) { self.agenda = agenda }

  /// The wall clock.
  var wall: Timestamp { Timestamp(milliseconds: RowWriter.epoch * 1000 + agenda.now + shift) }

  /// Returns the clocks for a process that begins now. Those of the process before are no longer kept in step.
  ///
  /// - Parameter seed: what chance in the process begins with.
  func boot(seed: UInt64) -> SimulatedTime {
    let clocks = SimulatedTime(
      wallClock: wall, boot: BootInstant(nanoseconds: agenda.now * 1_000_000), suspended: .milliseconds(suspended),
      seed: seed)
    self.clocks = clocks
    return clocks
  }

  /// Lets the process that runs go on by itself, since it is dead.
  func detach() { clocks = nil }

  /// Lets time pass, for the world and for the process.
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
