/// The comparison of a page with an earlier one while it is read.
///
/// If the reader is at an element of the array and finds the bytes of an old row there, parsing would give that row and
/// stop at the same place, because an object delimits itself. A wrong guess therefore only costs time.
struct PageComparison {
  /// The earlier page; nil if there is none or it cannot be compared.
  let previous: Page?
  private var delta = PageDelta()
  /// The old row expected next.
  private var next = 0
  /// The old rows found so far, one bit each.
  private var found: [UInt64] = []
  /// The old rows by sid; built once participants have moved.
  private var index: SIDIndex?
  private var newcomers: SIDIndex?
  private var searches = 0
  /// The number of linear searches before the index is built.
  private static let maximumSearches = 4

  init(with page: Page?) {
    guard let page else {
      previous = nil
      return
    }
    switch page.repeats {
    case .no: previous = page
    case .yes: previous = nil
    case .unknown:
      index = page.index()
      previous = index == nil ? nil : page
    }
    found = Array(repeating: 0, count: (page.rows.count + 63) >> 6)
  }

  /// Keeps the old rows whose bytes are at `i`, beginning with the expected row, or with the one after it if a
  /// participant left.
  @inline(__always)
  mutating func keep(
    _ b: RawSpan, _ i: inout Int, _ old: RawSpan, _ oldPage: borrowing Page, into page: inout Page
  ) -> Bool {
    guard next < oldPage.rows.count else { return false }
    let k = next
    let run = keepRun(from: k, b, &i, old, oldPage, into: &page)
    if next != k { return true }
    if keepRedated(k, equal: run, b, &i, old, oldPage, into: &page) { return true }
    guard k &+ 1 < oldPage.rows.count else { return false }
    _ = keepRun(from: k &+ 1, b, &i, old, oldPage, into: &page)
    return next != k
  }

  /// Keeps the old rows from `k` on that are at `i` together with everything between them.
  ///
  /// - Returns: the number of equal bytes from the beginning of row `k`.
  @inline(__always)
  private mutating func keepRun(
    from k: Int, _ b: RawSpan, _ i: inout Int, _ old: RawSpan, _ oldPage: borrowing Page, into page: inout Page
  ) -> Int {
    let from = Int(oldPage.starts[k])
    let last = oldPage.rows.count &- 1
    let run = JSONScan.equalRun(
      b, i, old, from, atMost: Int(oldPage.starts[last]) &+ Int(oldPage.rows[last].byteCount) &- from)
    var m = k
    var end = i
    while m <= last {
      let start = Int(oldPage.starts[m]) &- from
      let stop = start &+ Int(oldPage.rows[m].byteCount)
      guard stop <= run else { break }
      page.starts.append(UInt32(truncatingIfNeeded: i &+ start))
      page.rows.append(oldPage.rows[m])
      markFound(m)
      end = i &+ stop
      m &+= 1
    }
    i = end
    return run
  }

  /// Keeps the old row `k` if only its `date_updated` differs and has the same length.
  ///
  /// The new contents must be a string without escapes, so that reading would give the same row.
  ///
  /// - Parameter run: the number of equal bytes from the beginning of the row.
  @inline(__always)
  private mutating func keepRedated(
    _ k: Int, equal run: Int, _ b: RawSpan, _ i: inout Int, _ old: RawSpan, _ oldPage: borrowing Page,
    into page: inout Page
  ) -> Bool {
    let piece = oldPage.rows[k].dateUpdated
    guard !piece.isNull, !oldPage.rows[k].isEscaped(.dateUpdated) else { return false }
    let to = Int(piece.start) &+ Int(piece.length)
    guard run >= Int(piece.start), run < to else { return false }
    let count = Int(oldPage.rows[k].byteCount)
    guard JSONScan.same(b, i &+ to, old, Int(oldPage.starts[k]) &+ to, count &- to),
      JSONScan.isPlain(b, (i &+ run)..<(i &+ to))
    else { return false }
    delta.changed.append(PageDelta.Change(new: page.rows.count, old: k, isRedated: true))
    page.starts.append(UInt32(truncatingIfNeeded: i))
    page.rows.append(oldPage.rows[k])
    markFound(k)
    i &+= count
    return true
  }

  /// Finds the old row of the participant whose row was just read.
  @inline(never)
  mutating func match(_ b: RawSpan, _ old: RawSpan, _ oldPage: borrowing Page, _ page: borrowing Page) {
    let new = page.rows.count &- 1
    if page.rows[new].isEscaped(.callSID) { delta.repeated = true }
    if delta.repeated { return }
    let sid = page.callSIDRange(new)
    if next < oldPage.rows.count, oldPage.isCallSID(at: next, old, b, sid) {
      // The bytes were already compared and differ.
      delta.changed.append(PageDelta.Change(new: new, old: next))
      markFound(next)
      return
    }
    let hash = SIDIndex.hash(b, sid)
    guard let k = find(hash, b, sid, in: oldPage, old) else {
      addNewcomer(new, hash, b, sid, page)
      return
    }
    let count = Int(oldPage.rows[k].byteCount)
    if count != Int(page.rows[new].byteCount)
      || !JSONScan.same(b, Int(page.starts[new]), old, Int(oldPage.starts[k]), count)
    {
      delta.changed.append(PageDelta.Change(new: new, old: k))
    }
    markFound(k)
  }

  /// Returns the old row with a sid. The first few searches are linear, because building the index costs more.
  private mutating func find(
    _ hash: UInt64, _ b: RawSpan, _ sid: Range<Int>, in oldPage: borrowing Page, _ old: RawSpan
  ) -> Int? {
    if index == nil, searches < Self.maximumSearches {
      searches &+= 1
      return oldPage.row(with: sid, b, old)
    }
    if index == nil { index = oldPage.index() }
    return index?.find(hash, b, sid, in: oldPage, old)
  }

  private mutating func addNewcomer(_ new: Int, _ hash: UInt64, _ b: RawSpan, _ sid: Range<Int>, _ page: borrowing Page)
  {
    if newcomers == nil { newcomers = SIDIndex(room: 8) }
    if newcomers?.find(hash, b, sid, in: page, b) != nil { delta.repeated = true }
    newcomers?.insert(new, hash)
    delta.changed.append(PageDelta.Change(new: new, old: nil))
  }

  @inline(__always)
  private mutating func markFound(_ k: Int) {
    let bit = UInt64(1) << UInt64(k & 63)
    if found[k >> 6] & bit != 0 { delta.repeated = true }
    found[k >> 6] |= bit
    next = k &+ 1
  }

  /// Returns the difference after the whole page was read, and records in the page whether it repeats a participant.
  mutating func finish(_ page: inout Page) -> PageDelta {
    guard let previous, !delta.repeated else {
      // Without an earlier page to compare with, nothing is known about this one.
      if previous != nil { page.repeats = .yes }
      delta = PageDelta()
      delta.repeated = true
      return delta
    }
    page.repeats = .no
    for (w, word) in found.enumerated() where word != .max {
      var left = ~word
      while left != 0 {
        let k = w << 6 | left.trailingZeroBitCount
        if k < previous.rows.count { delta.removed.append(k) }
        left &= left &- 1
      }
    }
    return delta
  }
}
