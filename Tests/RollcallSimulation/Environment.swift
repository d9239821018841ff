import Libc

/// The environment variables of the simulation, and the progress output of long runs.
enum Environment {
  /// The seed to replay with its trace: `ROLLCALL_SEED`.
  static let seed = number("ROLLCALL_SEED")
  /// The number of seeds to play: `ROLLCALL_SEEDS`.
  static let seeds = number("ROLLCALL_SEEDS")
  /// The first seed to play: `ROLLCALL_FIRST_SEED`.
  static let firstSeed = number("ROLLCALL_FIRST_SEED")

  private static func number(_ name: String) -> UInt64? {
    guard let text = unsafe getenv(name) else { return nil }
    return unsafe UInt64(String(cString: text))
  }

  /// Writes to standard error.
  static func log(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
  }
}
