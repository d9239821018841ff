import RollcallCore

/// The clocks of the machine: the one that counts from its start, and the one on the wall, which people set.
final class MachineClock {
  private let agenda: Agenda
  /// How far the wall clock is from the truth.
  private(set) var shift: Int64 = 0
  /// How long the machine has slept altogether.
  private(set) var suspended: Int64 = 0

  init(_ agenda: Agenda) { self.agenda = agenda }

  var boot: Moment { agenda.now }
  var wall: Timestamp { Timestamp(milliseconds: RowWriter.epoch * 1000 + agenda.now + shift) }

  func jump(_ time: Int64) { shift += time }

  func sleep(_ time: Int64) {
    agenda.skip(time)
    suspended += time
  }
}

/// The stream's time, by the rules of the contract, and what it was when: the way back from what was told to the truth.
final class StreamTime {
  /// From a moment on the stream's time goes on from here.
  struct Stretch {
    var boot: Moment
    var stream: Int64
  }

  private static let jump: Int64 = 2000

  private let machine: MachineClock
  /// Of all runs, in order.
  private(set) var stretches: [Stretch] = []
  private var suspended: Int64 = 0
  private(set) var disturbances = 0
  private(set) var disturbance = GapReason.clockJump

  init(_ machine: MachineClock) { self.machine = machine }

  /// A run begins, at the later of the wall clock and the last time that was stored.
  func begin(notBefore moment: Timestamp?) {
    let wall = max(machine.wall, moment ?? machine.wall)
    stretches.append(Stretch(boot: machine.boot, stream: wall.milliseconds))
    suspended = machine.suspended
  }

  var now: Timestamp {
    guard let last = stretches.last else { return machine.wall }
    var now = last.stream + machine.boot - last.boot
    let wall = machine.wall.milliseconds
    if wall - now > Self.jump {
      stretches.append(Stretch(boot: machine.boot, stream: wall))
      now = wall
      disturbances += 1
      disturbance = .clockJump
    }
    if machine.suspended - suspended > Self.jump {
      disturbances += 1
      disturbance = .suspended
    }
    suspended = machine.suspended
    return Timestamp(milliseconds: now)
  }

  /// The true moment at which the stream's time was that. Where it was that in two runs, the earlier one on request.
  func truth(of told: Timestamp, earlier: Bool = false) -> Moment {
    let time = told.milliseconds
    let place = stretches.lastIndex { earlier ? $0.stream < time : $0.stream <= time } ?? 0
    guard stretches.indices.contains(place) else { return 0 }
    let boot = stretches[place].boot + max(0, time - stretches[place].stream)
    return place + 1 < stretches.count ? min(boot, stretches[place + 1].boot) : boot
  }
}
