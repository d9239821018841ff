import Libc

/// The seeds with which properties are tested.
///
/// A debug build takes about ten times as long as an optimised one, so it uses an eighth of the seeds. CI uses all of
/// them, in an optimised build. `ROLLCALL_ALL_SEEDS=1` makes a debug build use all of them too, as mutant and coverage
/// runs do.
package enum Seeds {
  package static let areAll: Bool = {
    #if DEBUG
      unsafe getenv("ROLLCALL_ALL_SEEDS") != nil
    #else
      true
    #endif
  }()

  /// Returns the first `count` seeds, or an eighth of them if not all are used.
  package static func first(_ count: UInt64) -> ClosedRange<UInt64> {
    1...(areAll ? count : max(1, count / 8))
  }
}
