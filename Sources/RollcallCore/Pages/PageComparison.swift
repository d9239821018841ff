/// What is known, while a page is read, about how it differs from an earlier one.
///
/// The reader stands at an element of the array, and an object ends by itself: where the bytes of an old row stand here, a
/// read would give that very row and stop at the same place. So a wrong guess costs time and nothing else.
struct PageComparison {
  /// The page compared with; nil where there is none, or none that can be compared.
  let previous: Page?
  private var delta = PageDelta()
  /// The old row expected next.
  private var next = 0
  /// Which old rows have been met, one bit each.
  private var met: [UInt64] = []
  /// The old rows by sid; built when somebody is not where they were.
  private var index: SIDIndex?
  private var newcomers: SIDIndex?
  private var searches = 0
  /// Searches through all rows before they are put into a table.
  private static let maximumSearches = 4

  init(with page: Page?) {
    guard let page else {
      previous = nil
      return
    }
    switch page.repeats {
    case .none: previous = page
    case .some: previous = nil
    case .unknown:
      index = page.index()
      previous = index == nil ? nil : page
    }
    met = Array(repeating: 0, count: (page.rows.count + 63) >> 6)
  }

  /// Keeps the old rows whose bytes stand at `i`: from the one expected on, or from the one after it where somebody left.
  @inline(__always)
  mutating func keep(
    _ b: RawSpan, _ i: inout Int, _ old: RawSpan, _ was: borrowing Page, into page: inout Page
  ) -> Bool {
    guard next < was.rows.count else { return false }
    let k = next
    let run = keepRun(from: k, b, &i, old, was, into: &page)
    if next != k { return true }
    if keepRedated(k, equal: run, b, &i, old, was, into: &page) { return true }
    guard k &+ 1 < was.rows.count else { return false }
    _ = keepRun(from: k &+ 1, b, &i, old, was, into: &page)
    return next != k
  }

  /// Keeps the old rows from `k` on that stand at `i` with all that is between them.
  ///
  /// - Returns: how many bytes from the first one's beginning on are the same.
  @inline(__always)
  private mutating func keepRun(
    from k: Int, _ b: RawSpan, _ i: inout Int, _ old: RawSpan, _ was: borrowing Page, into page: inout Page
  ) -> Int {
    let from = Int(was.starts[k])
    let last = was.rows.count &- 1
    let run = JSONScan.equalRun(b, i, old, from, atMost: Int(was.starts[last]) &+ Int(was.rows[last].byteCount) &- from)
    var m = k
    var end = i
    while m <= last {
      let start = Int(was.starts[m]) &- from
      let stop = start &+ Int(was.rows[m].byteCount)
      guard stop <= run else { break }
      page.starts.append(UInt32(truncatingIfNeeded: i &+ start))
      page.rows.append(was.rows[m])
      meet(m)
      end = i &+ stop
      m &+= 1
    }
    i = end
    return run
  }

  /// Keeps the old row `k` where only the contents of its `date_updated` are others, of the same length: a string without
  /// escapes instead of another one, so that a read would give the same row.
  ///
  /// - Parameter run: how many of the row's bytes are the same.
  @inline(__always)
  private mutating func keepRedated(
    _ k: Int, equal run: Int, _ b: RawSpan, _ i: inout Int, _ old: RawSpan, _ was: borrowing Page, into page: inout Page
  ) -> Bool {
    let piece = was.rows[k].dateUpdated
    guard !piece.isNull, !was.rows[k].isEscaped(.dateUpdated) else { return false }
    let to = Int(piece.start) &+ Int(piece.length)
    guard run >= Int(piece.start), run < to else { return false }
    let count = Int(was.rows[k].byteCount)
    guard JSONScan.same(b, i &+ to, old, Int(was.starts[k]) &+ to, count &- to),
      JSONScan.isPlain(b, (i &+ run)..<(i &+ to))
    else { return false }
    delta.changed.append(PageDelta.Change(new: page.rows.count, old: k, isRedated: true))
    page.starts.append(UInt32(truncatingIfNeeded: i))
    page.rows.append(was.rows[k])
    meet(k)
    i &+= count
    return true
  }

  /// Finds who the row that was just read has been before.
  @inline(never)
  mutating func match(_ b: RawSpan, _ old: RawSpan, _ was: borrowing Page, _ page: borrowing Page) {
    let new = page.rows.count &- 1
    if page.rows[new].isEscaped(.callSID) { delta.repeated = true }
    if delta.repeated { return }
    let sid = page.callSIDRange(new)
    if next < was.rows.count, was.isCallSID(at: next, old, b, sid) {
      // Its bytes were compared already, and are others.
      delta.changed.append(PageDelta.Change(new: new, old: next))
      meet(next)
      return
    }
    let hash = SIDIndex.hash(b, sid)
    guard let k = find(hash, b, sid, in: was, old) else {
      welcome(new, hash, b, sid, page)
      return
    }
    let count = Int(was.rows[k].byteCount)
    if count != Int(page.rows[new].byteCount)
      || !JSONScan.same(b, Int(page.starts[new]), old, Int(was.starts[k]), count)
    {
      delta.changed.append(PageDelta.Change(new: new, old: k))
    }
    meet(k)
  }

  /// The old row with a sid. For a few of them a table of all would cost more than it saves.
  private mutating func find(
    _ hash: UInt64, _ b: RawSpan, _ sid: Range<Int>, in was: borrowing Page, _ old: RawSpan
  ) -> Int? {
    if index == nil, searches < Self.maximumSearches {
      searches &+= 1
      return was.row(with: sid, b, old)
    }
    if index == nil { index = was.index() }
    return index?.find(hash, b, sid, in: was, old)
  }

  private mutating func welcome(_ new: Int, _ hash: UInt64, _ b: RawSpan, _ sid: Range<Int>, _ page: borrowing Page) {
    if newcomers == nil { newcomers = SIDIndex(room: 8) }
    if newcomers?.find(hash, b, sid, in: page, b) != nil { delta.repeated = true }
    newcomers?.insert(new, hash)
    delta.changed.append(PageDelta.Change(new: new, old: nil))
  }

  @inline(__always)
  private mutating func meet(_ k: Int) {
    let bit = UInt64(1) << UInt64(k & 63)
    if met[k >> 6] & bit != 0 { delta.repeated = true }
    met[k >> 6] |= bit
    next = k &+ 1
  }

  /// The difference, after the whole page has been read; also notes in the page what was learnt about it.
  mutating func finish(_ page: inout Page) -> PageDelta {
    guard let previous, !delta.repeated else {
      // That the earlier page repeats somebody says nothing about this one.
      if previous != nil { page.repeats = .some }
      delta = PageDelta()
      delta.repeated = true
      return delta
    }
    page.repeats = .none
    for (w, word) in met.enumerated() where word != .max {
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
