/// Which of the conferences in progress to watch, when they are not named by sid.
public enum ConferenceSelection: Hashable, Sendable {
  /// Conferences with exactly this friendly name.
  case named(String)
  /// Conferences whose friendly name matches a glob.
  case matching(Glob)
  case all

  /// Returns whether a conference with that friendly name is selected. Providers filter loosely, if at all.
  package func contains(friendlyName: String) -> Bool {
    switch self {
    case .named(let name): friendlyName == name
    case .matching(let glob): glob.matches(friendlyName)
    case .all: true
    }
  }

  /// The friendly name that the provider is asked to filter by; nil for no filter.
  package var queriedName: String? {
    switch self {
    case .named(let name): name
    case .matching, .all: nil
    }
  }

  /// Whether the watch ends when the conferences it found have ended; otherwise it keeps looking for others.
  package var endsWithItsConferences: Bool {
    switch self {
    case .named: true
    case .matching, .all: false
    }
  }
}

/// The part of an account's conferences that one of several processes watches.
///
/// Each conference belongs to the shard with the greatest weight for it (rendezvous hashing), so any number of
/// processes cover the account exactly once without knowing of each other. An additional process takes an equal part of
/// the conferences of each existing one, and no conference moves between existing processes. Source: Thaler and
/// Ravishankar, "Using name-based mappings to increase hit rates", 1998. The assignment is a promise, because processes
/// of different versions may share an account.
package struct Shard: Hashable, Sendable {
  /// The maximum number of shards.
  package static let maximumCount = 1024

  /// The shard's number, from 0.
  package let index: Int
  package let count: Int

  /// - Returns: nil unless 0 ≤ index < count ≤ ``maximumCount``.
  package init?(_ index: Int, of count: Int) {
    guard (1...Self.maximumCount).contains(count), (0..<count).contains(index) else { return nil }
    self.index = index
    self.count = count
  }

  /// Returns whether a conference belongs to this shard.
  package func contains(_ conference: ConferenceSID) -> Bool {
    let key = FNV1a.digest(conference.text.utf8)
    let own = Self.weight(of: key, in: index)
    return (0..<count).allSatisfy { other in
      let weight = Self.weight(of: key, in: other)
      return weight < own || weight == own && other >= index
    }
  }

  /// A shard's weight is the number at its index in the SplitMix64 sequence seeded with the key.
  private static func weight(of key: UInt64, in shard: Int) -> UInt64 {
    SplitMix64.number(UInt64(shard), seed: key)
  }
}
