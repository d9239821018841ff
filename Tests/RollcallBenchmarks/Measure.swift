import Libc

/// Clocks, and statistics of samples.
enum Measure {
  /// The processor time of the calling thread, in nanoseconds. It excludes servers and readers on other threads.
  static var threadTime: Int64 { nanoseconds(of: CLOCK_THREAD_CPUTIME_ID) }

  /// A clock that never jumps and is the same in all processes, in nanoseconds.
  static var now: Int64 { nanoseconds(of: CLOCK_MONOTONIC) }

  static func nanoseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  static func median(_ samples: [Double]) -> Double { quantile(0.5, of: samples) }

  /// Returns the smallest sample that this share of all samples do not exceed; 0 if there are none.
  static func quantile(_ share: Double, of samples: [Double]) -> Double {
    guard !samples.isEmpty else { return 0 }
    let place = (share * Double(samples.count)).rounded(.up) - 1
    return samples.sorted()[min(max(0, Int(place)), samples.count - 1)]
  }

  static func sleep(milliseconds: UInt32) { usleep(milliseconds * 1000) }
}
