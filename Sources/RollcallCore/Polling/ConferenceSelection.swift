/// Which of the conferences in progress are meant, where they are not named by sid.
public enum ConferenceSelection: Hashable, Sendable {
  /// Those of exactly this friendly name.
  case named(String)
  /// Those whose friendly name matches.
  case matching(Glob)
  case all

  /// Whether a conference of that friendly name is one of them. Providers filter loosely, if at all.
  package func contains(friendlyName: String) -> Bool {
    switch self {
    case .named(let name): friendlyName == name
    case .matching(let glob): glob.matches(friendlyName)
    case .all: true
    }
  }

  /// The friendly name that the provider is asked to filter by.
  package var queriedName: String? {
    switch self {
    case .named(let name): name
    case .matching, .all: nil
    }
  }

  /// Whether watching is over with the conferences that were found; else it looks and runs on.
  package var endsWithItsConferences: Bool {
    switch self {
    case .named: true
    case .matching, .all: false
    }
  }
}

/// The part of an account's conferences that one of several processes takes.
///
/// Each conference falls to the shard that weighs most for it (rendezvous hashing), so any number of processes cover the
/// account exactly once without knowing of each other, and one process more takes over an equal part of every other's
/// conferences and moves no others. Source: Thaler and Ravishankar, "Using name-based mappings to increase hit rates",
/// 1998. What falls to whom is a promise: processes of different versions share an account.
package struct Shard: Hashable, Sendable {
  /// Shards at the most.
  package static let maximumCount = 1024

  /// From 0.
  package let index: Int
  package let count: Int

  /// - Returns: nil unless 0 ≤ index < count ≤ ``maximumCount``.
  package init?(_ index: Int, of count: Int) {
    guard (1...Self.maximumCount).contains(count), (0..<count).contains(index) else { return nil }
    self.index = index
    self.count = count
  }

  /// Whether a conference falls to this shard.
  package func contains(_ conference: ConferenceSID) -> Bool {
    let key = FNV1a.digest(conference.text.utf8)
    let own = Self.weight(of: key, in: index)
    return (0..<count).allSatisfy { other in
      let weight = Self.weight(of: key, in: other)
      return weight < own || weight == own && other >= index
    }
  }

  /// Each shard's is the number at its place among those of SplitMix64.
  private static func weight(of key: UInt64, in shard: Int) -> UInt64 {
    SplitMix64.number(UInt64(shard), seed: key)
  }
}
