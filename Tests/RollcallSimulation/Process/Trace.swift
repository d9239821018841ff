import RollcallKit

/// The trace of one seed, and a digest of it, which is the same for the same seed.
///
/// Unchecked because everything of a seed runs on one thread.
final class Trace: @unchecked Sendable {
  let isKept: Bool
  private let agenda: Agenda
  private(set) var lines: [String] = []
  private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325

  init(_ agenda: Agenda, isKept: Bool) {
    self.agenda = agenda
    self.isKept = isKept
  }

  func note(_ text: @autoclosure () -> String) {
    guard isKept else { return }
    let line = "\(agenda.now) \(text())"
    lines.append(line)
    mix(Array(line.utf8))
  }

  /// Adds bytes to the digest only.
  func mix(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }
}

extension WatchOutcome.Cause {
  /// A text that is the same for the same cause, independent of the dictionary's order.
  var text: String {
    guard case .conferences(let endings) = self else { return "\(self)" }
    return endings.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", ")
  }
}
