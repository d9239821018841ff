// The standard library's `firstRange(of:)`, and its `contains` of a text, bring its regular expressions with them: more than
// a megabyte of a binary that is linked statically, and as much to be relocated at each start.
extension Collection where Element: Equatable {
  /// Where some elements first stand one behind the other.
  package func range(ofRun run: some Collection<Element>) -> Range<Index>? {
    var start = startIndex
    while true {
      var (end, matched) = (start, run.startIndex)
      while end < endIndex, matched < run.endIndex, self[end] == run[matched] {
        formIndex(after: &end)
        run.formIndex(after: &matched)
      }
      if matched == run.endIndex { return start..<end }
      guard start < endIndex else { return nil }
      formIndex(after: &start)
    }
  }
}

extension StringProtocol {
  /// Whether the bytes of a text stand in this one.
  package func contains(bytesOf text: String) -> Bool { utf8.range(ofRun: text.utf8) != nil }
}
