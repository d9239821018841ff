import Libc

/// The seeds that a property is played with.
///
/// A debug build takes about ten times as long as an optimised one, so it plays a quarter of the seeds. CI plays all of
/// them, optimised. `ROLLCALL_ALL_SEEDS=1` has a debug build play all as well; the runs of mutants and of coverage do.
package enum Seeds {
  package static let areAll: Bool = {
    #if DEBUG
      unsafe getenv("ROLLCALL_ALL_SEEDS") != nil
    #else
      true
    #endif
  }()

  /// The seeds from 1 on, so many of them where all are played.
  package static func first(_ count: UInt64) -> ClosedRange<UInt64> {
    1...(areAll ? count : max(1, count / 4))
  }
}
