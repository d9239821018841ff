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

  /// Keeps the old row whose bytes stand at `i`: the one expected, or the one after it where somebody left.
  @inline(__always)
  mutating func keep(
    _ b: RawSpan, _ i: inout Int, _ old: RawSpan, _ was: borrowing Page, into page: inout Page
  ) -> Bool {
    let end = min(next &+ 2, was.rows.count)
    var k = next
    while k < end {
      let count = Int(was.rows[k].byteCount)
      if JSONScan.same(b, i, old, Int(was.starts[k]), count) {
        meet(k)
        page.rows.append(was.rows[k])
        page.starts.append(UInt32(truncatingIfNeeded: i))
        i &+= count
        return true
      }
      k &+= 1
    }
    return false
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
      delta.changed.append((new, next))
      meet(next)
      return
    }
    if index == nil { index = was.index() }
    let hash = SIDIndex.hash(b, sid)
    guard let k = index?.find(hash, b, sid, in: was, old) else {
      welcome(new, hash, b, sid, page)
      return
    }
    let count = Int(was.rows[k].byteCount)
    if count != Int(page.rows[new].byteCount)
      || !JSONScan.same(b, Int(page.starts[new]), old, Int(was.starts[k]), count)
    {
      delta.changed.append((new, k))
    }
    meet(k)
  }

  private mutating func welcome(_ new: Int, _ hash: UInt64, _ b: RawSpan, _ sid: Range<Int>, _ page: borrowing Page) {
    if newcomers == nil { newcomers = SIDIndex(room: 8) }
    if newcomers?.find(hash, b, sid, in: page, b) != nil { delta.repeated = true }
    newcomers?.insert(new, hash)
    delta.changed.append((new, nil))
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
