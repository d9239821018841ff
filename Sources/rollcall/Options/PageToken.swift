import RollcallKit

/// Names a page of a list: `PA` (onwards) or `PB` (backwards), then whatever the provider put there.
struct PageToken: Hashable, Sendable {
  static let maximumBytes = ParticipantListQuery.maximumTokenLength

  let text: String

  /// - Returns: nil where the text is no token of printable ASCII with one of the two prefixes.
  init?(_ text: String) {
    guard text.hasPrefix("PA") || text.hasPrefix("PB"), text.utf8.count <= Self.maximumBytes,
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    self.text = text
  }
}
