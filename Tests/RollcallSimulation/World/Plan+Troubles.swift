import RollcallCore
import RollcallTestKit

/// Troubles added later, drawn from a random sequence of their own and only for some worlds, so that the other worlds
/// stay as they were.
extension Plan {
  mutating func drawLaterTroubles() {
    var random = SplitMix64(seed: seed ^ 0x6c61_7465_7273)
    guard random.happens(onceIn: 2) else { return }
    let chance = [1, 3, 6].randomElement(using: &random) ?? 3
    for trouble in Trouble.later where random.happens(onceIn: chance) { troubles.insert(trouble) }
    if !hasState { troubles.remove(.locks, .slowDisk, .restoredCopies) }
    if !isDiscovered { troubles.remove(.lostDiscovery) }
    if targets.isEmpty { troubles.remove(.moves) }
    guard troubles.contains(.deadStatuses) else { return }
    // A single row with another status would make statuses live.
    troubles.remove(.ringing, .finishedRows)
  }
}
