import RollcallCore

@testable import RollcallKit

/// Converts the stream's time, as in events, back to true time.
///
/// It follows the clock of the running process: each jump begins a new segment.
final class StreamTime {
  private struct Stretch {
    var boot: Moment
    var stream: Int64
  }

  private let agenda: Agenda
  private let machine: Machine
  private var clock: StreamClock?
  /// The segments of all runs, in order.
  private var stretches: [Stretch] = []

  init(_ agenda: Agenda, _ machine: Machine) {
    self.agenda = agenda
    self.machine = machine
  }

  /// Follows the clock of a new process.
  func begin(_ clock: StreamClock) {
    self.clock = clock
    stretches.append(Stretch(boot: agenda.now, stream: clock.now.milliseconds))
  }

  /// Reads the clock after the machine's clocks have changed.
  func look() {
    guard let clock, let last = stretches.last else { return }
    let now = clock.now.milliseconds
    if now != last.stream + agenda.now - last.boot { stretches.append(Stretch(boot: agenda.now, stream: now)) }
  }

  /// The stream's time.
  var now: Timestamp { clock?.now ?? machine.wall }

  /// Returns the true time of a stream time. If two runs had that time, `earlier` selects the first.
  func truth(of told: Timestamp, earlier: Bool = false) -> Moment {
    let time = told.milliseconds
    let place = stretches.lastIndex { earlier ? $0.stream < time : $0.stream <= time } ?? 0
    guard stretches.indices.contains(place) else { return 0 }
    // The clock of the first process also applies to the time before it.
    let isBefore = earlier && place == 0
    let boot = stretches[place].boot + max(isBefore ? .min : 0, time - stretches[place].stream)
    return place + 1 < stretches.count ? min(boot, stretches[place + 1].boot) : boot
  }
}
