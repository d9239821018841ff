import RollcallKit

/// Names a page of a list: at most providers `PA` (onwards) or `PB` (backwards), then whatever the provider put there.
struct PageToken: Hashable, Sendable {
  let text: String

  /// - Returns: nil where the text is no token of printable ASCII, or does not begin as those of the provider do.
  init?(_ text: String, of provider: Provider) {
    guard provider.dialect.isPageToken(text) else { return nil }
    self.text = text
  }
}
