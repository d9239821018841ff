/// Holds one process to what it may believe of tags: that a page is unchanged, for a minute at the most, and nothing more
/// once two pages have had the same tag.
struct TagJudge {
  private static let longestTrust: Int64 = 60_000

  /// Whether the process has been sent two different pages with one tag.
  private var haveLied = false
  /// Whether the process has said so.
  private var areSaidToLie = false

  /// A page is asked for unless it is the one with a tag.
  ///
  /// - Parameter begun: when the poll began, where that is its first page.
  /// - Returns: what is wrong with that.
  func asks(about query: String?, naming tag: String, _ poll: PollRecord, begun: Moment?) -> String? {
    guard let kept = poll.pages.next(query) else { return "a page is asked for by a tag, and none is kept" }
    if kept.tag != tag { return "a page is asked for by \(tag), and the one that is kept has \(kept.tag)" }
    if haveLied { return "a page is asked for by its tag, and tags have lied" }
    guard let begun else { return nil }
    let isTrusted = poll.lastUnconditional.map { begun - $0 <= Self.longestTrust } ?? false
    return isTrusted ? nil : "a page is asked for by its tag, and tags were not tested for a minute"
  }

  /// The process says that tags lie.
  ///
  /// - Parameter isTrue: whether a poll that is under way has been sent a page that shows it.
  mutating func saysThatTagsLie(_ isTrue: Bool) -> String? {
    areSaidToLie = true
    return isTrue ? nil : "tags are said to lie, and have not"
  }

  /// A poll is over in which two pages had the same tag.
  mutating func endedWithLie() -> String? {
    haveLied = true
    return areSaidToLie ? nil : "a tag has lied, and nothing says so"
  }
}
