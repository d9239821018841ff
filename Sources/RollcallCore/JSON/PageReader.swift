/// Reads pages of participants strictly, learning in which order the provider writes its keys.
///
/// A later page of the same list is read against the one before: rows whose bytes have not changed are kept without
/// looking into them.
package struct PageReader: Sendable {
  /// Levels that a value of a row may still open: the page, its array and the row are three.
  static let depthInRow = JSONReader.maximumDepth - 3
  /// How many places of a row the reader remembers the key of.
  static let rememberedPlaces = 32
  /// What a row usually takes; rows are given room by it.
  static let usualRowBytes = 512
  /// How many more rows than before a page gets room for at once.
  static let usualNewcomers = 4

  /// All readers share one copy.
  let keys = allKeys
  private static let allKeys = ParticipantField.allCases.map(FieldKey.init)
  /// The field that was last seen at each place of a row, or 255.
  var order: [UInt8] = Array(repeating: 255, count: rememberedPlaces)

  package init() {
    for (place, field) in ParticipantField.allCases.enumerated() { order[place] = field.rawValue }
  }

  /// Reads a page of the conference's participants.
  ///
  /// - Throws: ``PageError``; a page with one malformed row is malformed as a whole.
  package mutating func read(_ bytes: PaddedBytes, conference: ConferenceSID) throws(PageError) -> Page {
    var page = Page(bytes: bytes, conference: conference)
    var comparison = PageComparison(with: nil)
    try read(into: &page, &comparison)
    return page
  }

  /// Reads a page and tells how its rows differ from those of an earlier one.
  ///
  /// - Throws: ``PageError``, in the same cases as without an earlier page.
  package mutating func read(
    _ bytes: PaddedBytes, conference: ConferenceSID, since previous: Page
  ) throws(PageError) -> (Page, PageDelta) {
    var page = Page(bytes: bytes, conference: conference)
    var comparison = PageComparison(with: previous.conference == conference ? previous : nil)
    try read(into: &page, &comparison)
    // Before the page is returned: it learns from the comparison that nobody stands in it twice.
    let delta = comparison.finish(&page)
    return (page, delta)
  }

  private mutating func read(into page: inout Page, _ comparison: inout PageComparison) throws(PageError) {
    let bytes = page.bytes
    do throws(ReadFault) {
      guard bytes.count <= Page.maximumBytes else { throw ReadFault(PageFlaw.size, at: Page.maximumBytes) }
      let b = unsafe bytes.storage.span.bytes
      try envelope(b, into: &page, &comparison)
    } catch {
      throw PageError(error, rowsBefore: page.rows.count)
    }
  }

  private mutating func envelope(
    _ b: RawSpan, into page: inout Page, _ comparison: inout PageComparison
  ) throws(ReadFault) {
    var i = 0
    var seen: (participants: Bool, next: Bool) = (false, false)
    JSONScan.space(b, &i)
    let isObject = JSONScan.byte(b, i) == 0x7b
    if !isObject {
      try JSONScan.skip(b, &i, depth: JSONReader.maximumDepth)
    } else if try JSONScan.open(b, &i, until: 0x7d, depth: JSONReader.maximumDepth) {
      repeat {
        let at = i
        let (contents, escaped) = try JSONScan.key(b, &i)
        switch JSONText.string(page.bytes.storage[contents], escaped: escaped) {
        case "participants":
          guard !seen.participants else { throw ReadFault(PageFlaw.repeatedKey, at: at) }
          seen.participants = true
          try participants(b, &i, into: &page, &comparison)
        case "next_page_uri":
          guard !seen.next else { throw ReadFault(PageFlaw.repeatedKey, at: at) }
          seen.next = true
          page.nextPageURI = try nextPageURI(b, &i, page.bytes)
        case "page_size": page.pageSize = try pageSize(b, &i, page.bytes)
        default: try JSONScan.skip(b, &i, depth: JSONReader.maximumDepth - 1)
        }
      } while try JSONScan.hasMore(b, &i, until: 0x7d)
    }
    JSONScan.space(b, &i)
    guard i == page.bytes.count else { throw ReadFault(JSONFlaw.trailing, at: i) }
    guard isObject else { throw ReadFault(PageFlaw.notObject, at: 0) }
    guard seen.participants else { throw ReadFault(PageFlaw.noParticipants, at: i) }
  }

  /// Reads a count of rows; nil for anything else.
  private func pageSize(_ b: RawSpan, _ i: inout Int, _ bytes: PaddedBytes) throws(ReadFault) -> Int? {
    let start = i
    try JSONScan.skip(b, &i, depth: JSONReader.maximumDepth - 1)
    return Int(String(decoding: bytes.storage[start..<i], as: UTF8.self))
  }

  private func nextPageURI(_ b: RawSpan, _ i: inout Int, _ bytes: PaddedBytes) throws(ReadFault) -> String? {
    let start = i + 1
    guard JSONScan.byte(b, i) == 0x22 else {
      try JSONScan.skip(b, &i, depth: JSONReader.maximumDepth - 1)
      guard JSONScan.word32(b, start - 1) == JSONScan.wordNull else {
        throw ReadFault(PageFlaw.nextPage, at: start - 1)
      }
      return nil
    }
    i = start
    let escaped = try JSONScan.string(b, &i)
    let text = JSONText.string(bytes.storage[start..<(i - 1)], escaped: escaped)
    return text.isEmpty ? nil : text
  }
}
