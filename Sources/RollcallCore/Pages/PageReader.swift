/// Reads pages of participants strictly, and learns in which order the provider writes its keys.
///
/// A later page of the same list is compared with the one before: rows whose bytes are unchanged are kept without being
/// parsed.
package struct PageReader: Sendable {
  /// The number of levels that a value in a row may still open; the page, its array and the row take three.
  private static let depthInRow = JSONReader.maximumDepth - 3
  /// The number of positions in a row whose keys are remembered.
  private static let rememberedPlaces = 32
  /// The expected size of a row, for reserving capacity.
  private static let usualRowBytes = 512
  /// The number of rows reserved beyond those of the previous page.
  private static let usualNewcomers = 4

  /// The keys of all fields; every reader shares this array.
  private let keys = allKeys
  private static let allKeys = ParticipantField.allCases.map(FieldKey.init)
  /// The field last seen at each position of a row, or 255.
  private var order: [UInt8] = Array(repeating: 255, count: rememberedPlaces)

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

  /// Reads a page and compares its rows with those of an earlier one.
  ///
  /// - Throws: ``PageError``, in the same cases as without an earlier page.
  package mutating func read(
    _ bytes: PaddedBytes, conference: ConferenceSID, since previous: Page
  ) throws(PageError) -> (Page, PageDelta) {
    var page = Page(bytes: bytes, conference: conference)
    var comparison = PageComparison(with: previous.conference == conference ? previous : nil)
    try read(into: &page, &comparison)
    // Must come before the page is returned, because it sets `page.repeats`.
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

  /// Reads a number of rows; nil for any other value.
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

extension PageReader {
  /// Reads the participants array that begins at `i`.
  private mutating func participants(
    _ b: RawSpan, _ i: inout Int, into page: inout Page, _ comparison: inout PageComparison
  ) throws(ReadFault) {
    guard JSONScan.byte(b, i) == 0x5b else {
      let at = i
      try JSONScan.skip(b, &i, depth: JSONReader.maximumDepth - 1)
      throw ReadFault(PageFlaw.noParticipants, at: at)
    }
    guard try JSONScan.open(b, &i, until: 0x5d, depth: JSONReader.maximumDepth - 1) else { return }
    let requested = ConferenceWords(page.conference)
    guard let previous = comparison.previous else {
      let guess = page.bytes.count / Self.usualRowBytes
      page.rows.reserveCapacity(guess)
      page.starts.reserveCapacity(guess)
      repeat { try append(b, &i, requested, to: &page) } while try JSONScan.hasMore(b, &i, until: 0x5d)
      return
    }
    page.rows.reserveCapacity(previous.rows.count + Self.usualNewcomers)
    page.starts.reserveCapacity(previous.rows.count + Self.usualNewcomers)
    let old = unsafe previous.bytes.storage.span.bytes
    repeat {
      if comparison.keep(b, &i, old, previous, into: &page) { continue }
      try append(b, &i, requested, to: &page)
      comparison.match(b, old, previous, page)
    } while try JSONScan.hasMore(b, &i, until: 0x5d)
  }

  @inline(__always)
  private mutating func append(
    _ b: RawSpan, _ i: inout Int, _ requested: ConferenceWords, to page: inout Page
  ) throws(ReadFault) {
    let start = UInt32(truncatingIfNeeded: i)
    let row = try row(b, &i, requested)
    page.rows.append(row)
    page.starts.append(start)
  }

  /// Reads the row that begins at `i`.
  @inline(never)
  private mutating func row(_ b: RawSpan, _ i: inout Int, _ requested: ConferenceWords) throws(ReadFault) -> PageRow {
    let start = i
    guard JSONScan.byte(b, i) == 0x7b else {
      try JSONScan.skip(b, &i, depth: Self.depthInRow + 1)
      throw ReadFault(RowFlaw.notObject, at: start)
    }
    var row = PageRow()
    if try JSONScan.open(b, &i, until: 0x7d, depth: Self.depthInRow + 1) {
      var place = 0
      repeat {
        if let field = try field(b, &i, at: place) {
          try value(b, &i, of: field, start: start, into: &row)
        } else {
          try JSONScan.skip(b, &i, depth: Self.depthInRow)
        }
        place &+= 1
      } while try JSONScan.hasMore(b, &i, until: 0x7d)
    }
    row.byteCount = UInt32(truncatingIfNeeded: i &- start)
    try check(b, row, start: start, requested)
    return row
  }

  /// Reads a key and its colon; nil for an unknown key.
  @inline(__always)
  private mutating func field(_ b: RawSpan, _ i: inout Int, at place: Int) throws(ReadFault) -> ParticipantField? {
    let guess = Int(order[place & (Self.rememberedPlaces &- 1)])
    if guess < keys.count, keys[guess].matches(b, at: i) {
      i &+= keys[guess].length
      JSONScan.space(b, &i)
      return keys[guess].field
    }
    let at = i
    let (contents, escaped) = try JSONScan.key(b, &i)
    let field = escaped ? escapedField(b, contents) : plainField(b, at, contents.count)
    if place < Self.rememberedPlaces { order[place] = field?.rawValue ?? 255 }
    return field
  }

  @inline(never)
  private func plainField(_ b: RawSpan, _ at: Int, _ length: Int) -> ParticipantField? {
    for key in keys where key.length == length &+ 3 && key.matchesName(b, at: at) { return key.field }
    return nil
  }

  @inline(never)
  private func escapedField(_ b: RawSpan, _ contents: Range<Int>) -> ParticipantField? {
    let name = JSONText.string(ArraySlice(contents.map { JSONScan.byte(b, $0) }), escaped: true)
    return ParticipantField.allCases.first { $0.name == name }
  }
}

extension PageReader {
  /// Reads the value of a known field into the row that begins at `start`.
  @inline(__always)
  private func value(
    _ b: RawSpan, _ i: inout Int, of field: ParticipantField, start: Int, into row: inout PageRow
  ) throws(ReadFault) {
    // `label` is not documented, so it may be repeated; the last one counts.
    if row.seen & field.bit != 0, field != .label { throw ReadFault(RowFlaw.repeatedKey, at: i) }
    row.seen |= field.bit
    guard let slot = field.textSlot else {
      try boolean(b, &i, field, start: start, into: &row)
      return
    }
    row.texts[slot] = PageRow.Piece()
    row.escaped &= ~field.bit
    if JSONScan.byte(b, i) == 0x22 {
      i &+= 1
      let from = i
      if try JSONScan.string(b, &i) { row.escaped |= field.bit }
      row.texts[slot] = PageRow.Piece(
        start: UInt32(truncatingIfNeeded: from &- start), length: UInt32(truncatingIfNeeded: i &- 1 &- from))
    } else if !JSONScan.takeNull(b, &i) {
      try JSONScan.skip(b, &i, depth: Self.depthInRow)
    }
  }

  @inline(__always)
  private func boolean(
    _ b: RawSpan, _ i: inout Int, _ field: ParticipantField, start: Int, into row: inout PageRow
  ) throws(ReadFault) {
    if JSONScan.takeFalse(b, &i) { return }
    if JSONScan.takeTrue(b, &i) {
      row.trues |= field.bit
    } else if JSONScan.takeNull(b, &i) {
      row.nulls |= field.bit
    } else if field == .coachingCallSID {
      // Handled here, after all other valid values, so that rows without the field pay nothing.
      try coachAlias(b, &i, start: start, into: &row)
    } else {
      let at = i
      try JSONScan.skip(b, &i, depth: Self.depthInRow)
      throw ReadFault(RowFlaw.notBoolean, at: at)
    }
  }

  /// Reads `coaching_call_sid` as `call_sid_to_coach`, unless the row has both: then `call_sid_to_coach` counts.
  @inline(never)
  private func coachAlias(_ b: RawSpan, _ i: inout Int, start: Int, into row: inout PageRow) throws(ReadFault) {
    let from = i &+ 1
    guard JSONScan.byte(b, i) == 0x22, let slot = ParticipantField.callSIDToCoach.textSlot else {
      return try JSONScan.skip(b, &i, depth: Self.depthInRow)
    }
    i = from
    let escaped = try JSONScan.string(b, &i)
    guard !row.has(.callSIDToCoach) else { return }
    if escaped { row.escaped |= ParticipantField.callSIDToCoach.bit }
    row.texts[slot] = PageRow.Piece(
      start: UInt32(truncatingIfNeeded: from &- start), length: UInt32(truncatingIfNeeded: i &- 1 &- from))
  }

  /// Rejects a row without a valid `call_sid` and a row of another conference.
  @inline(__always)
  private func check(_ b: RawSpan, _ row: PageRow, start: Int, _ requested: ConferenceWords) throws(ReadFault) {
    let sid = row.callSID
    guard !sid.isNull else { throw ReadFault(RowFlaw.callSID, at: start) }
    let from = start &+ Int(sid.start)
    let contents = from..<(from &+ Int(sid.length))
    guard row.isEscaped(.callSID) ? isEscapedSID(b, contents) : JSONScan.isSID(b, contents) else {
      throw ReadFault(RowFlaw.callSID, at: from)
    }
    let conference = row.texts[3]
    guard !conference.isNull else { return }
    let place = start &+ Int(conference.start)
    guard requested.matches(b, place..<(place &+ Int(conference.length)), escaped: row.isEscaped(.conferenceSID)) else {
      throw ReadFault(RowFlaw.otherConference, at: place)
    }
  }

  @inline(never)
  private func isEscapedSID(_ b: RawSpan, _ contents: Range<Int>) -> Bool {
    SIDSyntax.accepts(JSONText.unescaped(ArraySlice(contents.map { JSONScan.byte(b, $0) })))
  }
}

/// The sid of the requested conference, padded for comparison with that of each row.
private struct ConferenceWords {
  private let padded: PaddedBytes

  init(_ conference: ConferenceSID) {
    padded = PaddedBytes(Array(conference.text.utf8))
  }

  @inline(__always)
  func matches(_ b: RawSpan, _ contents: Range<Int>, escaped: Bool) -> Bool {
    if escaped { return matchesEscaped(b, contents) }
    guard contents.count == padded.count else { return false }
    let requested = unsafe padded.storage.span.bytes
    return JSONScan.same(b, contents.lowerBound, requested, 0, padded.count)
  }

  @inline(never)
  private func matchesEscaped(_ b: RawSpan, _ contents: Range<Int>) -> Bool {
    JSONText.unescaped(ArraySlice(contents.map { JSONScan.byte(b, $0) })).elementsEqual(padded.bytes)
  }
}
