import RollcallCore
import RollcallTestKit

/// The `ETag`s of the provider's pages.
enum PageTags: Sendable, Equatable {
  case none
  /// One for each page, derived from its bytes.
  case honest
  /// The same for every page during periods of this many milliseconds, while there are troubles.
  case lying(Int64)

  /// Returns the tag of a page; nil if it has none.
  func tag(of body: [UInt8], by provider: Provider) -> String? {
    switch self {
    case .none: nil
    case .lying(let time) where provider.lies.isOn: "W/\"\(provider.now / time)\""
    case .honest, .lying: "\"\(FNV1a.digest(body))\""
    }
  }
}

/// Draws the tags of pages from a random sequence of their own.
extension Plan {
  mutating func drawTags() {
    var random = SplitMix64(seed: seed ^ 0x7461_6773)
    guard seed.isMultiple(of: 3) else { return }
    tags = .honest
    guard random.happens(onceIn: 5) else { return }
    tags = .lying([20_000, 90_000, 100_000_000].randomElement(using: &random) ?? 90_000)
    // A false tag is found after a minute, and there must be time left after that.
    troubleTime = max(troubleTime, 150_000)
    // Only dates show that a row refreshed by a confirmation is the newer one.
    troubles.remove(.clockForward, .poorDates)
  }

  /// The maximum age of a list that the process takes for the current one.
  var longestLie: Int64 {
    switch tags {
    case .none, .honest: 0
    case .lying: 60_000
    }
  }
}
