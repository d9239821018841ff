/// Checks that a process trusts tags for at most a minute, and not at all once two different pages had the same tag.
struct TagJudge {
  private static let longestTrust: Int64 = 60_000

  /// Whether the process has received two different pages with one tag.
  private var haveLied = false
  /// Whether the process has reported that.
  private var areSaidToLie = false

  /// Checks a conditional request for a page.
  ///
  /// - Parameter begun: when the poll began, if that is its first page.
  /// - Returns: the fault; nil if there is none.
  func asks(about query: String?, naming tag: String, _ poll: PollRecord, begun: Moment?) -> String? {
    guard let kept = poll.pages.next(query) else { return "a page was requested with a tag although no page is kept" }
    if kept.tag != tag {
      return "a page was requested with the tag \(tag), expected that of the kept page, \(kept.tag)"
    }
    if haveLied { return "a page was requested with its tag although tags have been wrong" }
    guard let begun else { return nil }
    let isTrusted = poll.lastUnconditional.map { begun - $0 <= Self.longestTrust } ?? false
    return isTrusted ? nil : "a page was requested with its tag although no page was requested without one for a minute"
  }

  /// Records that the process reports lying tags.
  ///
  /// - Parameter isTrue: whether a current poll has received a page that shows it.
  mutating func saysThatTagsLie(_ isTrue: Bool) -> String? {
    areSaidToLie = true
    return isTrue ? nil : "wrong tags were reported although no tag was wrong"
  }

  /// Records the end of a poll in which two different pages had the same tag.
  mutating func endedWithLie() -> String? {
    haveLied = true
    return areSaidToLie ? nil : "a tag was wrong but that was not reported"
  }
}
