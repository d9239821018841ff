import RollcallCore
import RollcallTestKit

/// Which `ETag` the provider's pages have.
enum PageTags: Sendable, Equatable {
  case none
  /// One for each page, by its bytes.
  case honest
  /// The same for every page until a time in milliseconds is over, while anything goes wrong at all.
  case lying(Int64)

  /// The tag of a page; nil where it has none.
  func tag(of body: [UInt8], by provider: Provider) -> String? {
    switch self {
    case .none: nil
    case .lying(let time) where provider.lies.isOn: "W/\"\(provider.now / time)\""
    case .honest, .lying: "\"\(FNV1a.digest(body))\""
    }
  }
}

/// Which tags pages have. The numbers are drawn apart from all others.
extension Plan {
  mutating func drawTags() {
    var random = SplitMix64(seed: seed ^ 0x7461_6773)
    guard seed.isMultiple(of: 3) else { return }
    tags = .honest
    guard random.happens(onceIn: 5) else { return }
    tags = .lying([20_000, 90_000, 100_000_000].randomElement(using: &random) ?? 90_000)
    // A lie is found after a minute, and time has to be left after that.
    troubleTime = max(troubleTime, 150_000)
    // Rows that confirmations have refreshed are known as the newer ones by their dates alone.
    troubles.remove(.clockForward, .poorDates)
  }

  /// How old a list may be that the process takes for the present one.
  var longestLie: Int64 {
    switch tags {
    case .none, .honest: 0
    case .lying: 60_000
    }
  }
}
