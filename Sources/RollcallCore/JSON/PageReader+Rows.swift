extension PageReader {
  /// Reads the participants array, of which `i` stands at the first byte.
  mutating func participants(
    _ b: RawSpan, _ i: inout Int, into page: inout Page, _ comparison: inout PageComparison
  ) throws(ReadFault) {
    guard JSONScan.byte(b, i) == 0x5b else {
      let at = i
      try JSONScan.skip(b, &i, depth: JSONReader.maximumDepth - 1)
      throw ReadFault(PageFlaw.noParticipants, at: at)
    }
    guard try JSONScan.open(b, &i, until: 0x5d, depth: JSONReader.maximumDepth - 1) else { return }
    let asked = ConferenceWords(page.conference)
    guard let previous = comparison.previous else {
      let guess = page.bytes.count / Self.usualRowBytes
      page.rows.reserveCapacity(guess)
      page.starts.reserveCapacity(guess)
      repeat { try append(b, &i, asked, to: &page) } while try JSONScan.hasMore(b, &i, until: 0x5d)
      return
    }
    page.rows.reserveCapacity(previous.rows.count + Self.usualNewcomers)
    page.starts.reserveCapacity(previous.rows.count + Self.usualNewcomers)
    let old = unsafe previous.bytes.storage.span.bytes
    repeat {
      if comparison.keep(b, &i, old, previous, into: &page) { continue }
      try append(b, &i, asked, to: &page)
      comparison.match(b, old, previous, page)
    } while try JSONScan.hasMore(b, &i, until: 0x5d)
  }

  @inline(__always)
  private mutating func append(
    _ b: RawSpan, _ i: inout Int, _ asked: ConferenceWords, to page: inout Page
  ) throws(ReadFault) {
    let start = UInt32(truncatingIfNeeded: i)
    let row = try row(b, &i, asked)
    page.rows.append(row)
    page.starts.append(start)
  }

  /// Reads one row, of which `i` stands at the first byte.
  @inline(never)
  private mutating func row(_ b: RawSpan, _ i: inout Int, _ asked: ConferenceWords) throws(ReadFault) -> PageRow {
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
    try check(b, row, start: start, asked)
    return row
  }

  /// Reads a key and its colon; nil for a key that is not ours.
  @inline(__always)
  private mutating func field(_ b: RawSpan, _ i: inout Int, at place: Int) throws(ReadFault) -> ParticipantField? {
    let guess = Int(order[place & (Self.rememberedPlaces &- 1)])
    if guess < keys.count, keys[guess].stands(b, at: i) {
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
    for key in keys where key.length == length &+ 3 && key.named(b, at: at) { return key.field }
    return nil
  }

  @inline(never)
  private func escapedField(_ b: RawSpan, _ contents: Range<Int>) -> ParticipantField? {
    let name = JSONText.string(ArraySlice(contents.map { JSONScan.byte(b, $0) }), escaped: true)
    return ParticipantField.allCases.first { $0.name == name }
  }
}
