import RollcallCore

@testable import RollcallKit

/// The way back from the stream's time, which events tell, to the truth.
///
/// It follows the clock of the process that runs: wherever that leaps, another stretch begins.
final class StreamTime {
  private struct Stretch {
    var boot: Moment
    var stream: Int64
  }

  private let agenda: Agenda
  private let machine: Machine
  private var clock: StreamClock?
  /// Of all runs, in order.
  private var stretches: [Stretch] = []

  init(_ agenda: Agenda, _ machine: Machine) {
    self.agenda = agenda
    self.machine = machine
  }

  /// A process begins, with a clock of its own.
  func begin(_ clock: StreamClock) {
    self.clock = clock
    stretches.append(Stretch(boot: agenda.now, stream: clock.now.milliseconds))
  }

  /// Looks at the clock after the machine's have changed.
  func look() {
    guard let clock, let last = stretches.last else { return }
    let now = clock.now.milliseconds
    if now != last.stream + agenda.now - last.boot { stretches.append(Stretch(boot: agenda.now, stream: now)) }
  }

  /// The stream's time.
  var now: Timestamp { clock?.now ?? machine.wall }

  /// The true moment at which the stream's time was that. Where it was that in two runs, the earlier one on request.
  func truth(of told: Timestamp, earlier: Bool = false) -> Moment {
    let time = told.milliseconds
    let place = stretches.lastIndex { earlier ? $0.stream < time : $0.stream <= time } ?? 0
    guard stretches.indices.contains(place) else { return 0 }
    // What was before the first process is told by its clock too.
    let isBefore = earlier && place == 0
    let boot = stretches[place].boot + max(isBefore ? .min : 0, time - stretches[place].stream)
    return place + 1 < stretches.count ? min(boot, stretches[place + 1].boot) : boot
  }
}
