import Libc

/// Clocks, and what is made of many samples.
enum Measure {
  /// Processor time of the calling thread, in nanoseconds: what servers and readers on other threads use does not count.
  static var threadTime: Int64 { nanoseconds(of: CLOCK_THREAD_CPUTIME_ID) }

  /// A clock that never jumps and is the same in all processes, in nanoseconds.
  static var now: Int64 { nanoseconds(of: CLOCK_MONOTONIC) }

  static func nanoseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  static func median(_ samples: [Double]) -> Double { quantile(0.5, of: samples) }

  /// The smallest sample that so much of all samples do not pass; 0 where there are none.
  static func quantile(_ share: Double, of samples: [Double]) -> Double {
    guard !samples.isEmpty else { return 0 }
    let place = (share * Double(samples.count)).rounded(.up) - 1
    return samples.sorted()[min(max(0, Int(place)), samples.count - 1)]
  }

  static func sleep(milliseconds: UInt32) { usleep(milliseconds * 1000) }
}
