/// Finds the rows of a page by the bytes of their `call_sid`: a hash table with open addressing, at most half full.
struct SIDIndex {
  private struct Slot {
    var hash: UInt64 = 0
    var row: Int32 = -1
  }

  private var slots: [Slot]
  private var count = 0

  /// - Parameter room: the number of rows that fit before the table grows.
  init(room: Int) {
    var size = 16
    while size < room &* 2 { size &*= 2 }
    slots = Array(repeating: Slot(), count: size)
  }

  /// Mixes the words of a sid. The padding allows the last word to be loaded whole.
  @inline(__always)
  static func hash(_ b: RawSpan, _ sid: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    var p = sid.lowerBound
    while p < sid.upperBound {
      let rest = sid.upperBound &- p
      hash = (hash ^ JSONScan.word(b, p) << UInt64(rest < 8 ? 64 &- 8 &* rest : 0)) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 29
      p &+= 8
    }
    // The table uses the lowest bits, but the last bytes of a sid have only reached the highest ones so far.
    hash ^= hash >> 32
    hash &*= 0xd6e8_feb8_6659_fd93
    return hash ^ hash >> 32
  }

  /// Returns the row of `page` with the sid at `sid` in `b`.
  @inline(__always)
  func find(_ hash: UInt64, _ b: RawSpan, _ sid: Range<Int>, in page: borrowing Page, _ bytes: RawSpan) -> Int? {
    let mask = slots.count &- 1
    var place = Int(truncatingIfNeeded: hash) & mask
    while slots[place].row >= 0 {
      let row = Int(slots[place].row)
      if slots[place].hash == hash, page.isCallSID(at: row, bytes, b, sid) { return row }
      place = (place &+ 1) & mask
    }
    return nil
  }

  /// Adds a row whose sid is not in the table yet.
  mutating func insert(_ row: Int, _ hash: UInt64) {
    if (count &+ 1) &* 2 > slots.count {
      let full = slots.filter { $0.row >= 0 }
      slots = Array(repeating: Slot(), count: slots.count &* 2)
      for slot in full { place(slot) }
    }
    place(Slot(hash: hash, row: Int32(truncatingIfNeeded: row)))
    count &+= 1
  }

  private mutating func place(_ slot: Slot) {
    let mask = slots.count &- 1
    var place = Int(truncatingIfNeeded: slot.hash) & mask
    while slots[place].row >= 0 { place = (place &+ 1) & mask }
    slots[place] = slot
  }
}

extension Page {
  /// Whether the row's `call_sid` equals the bytes at `sid` in `b`; `bytes` are the page's own.
  @inline(__always)
  func isCallSID(at row: Int, _ bytes: RawSpan, _ b: RawSpan, _ sid: Range<Int>) -> Bool {
    let own = callSIDRange(row)
    return own.count == sid.count && JSONScan.same(bytes, own.lowerBound, b, sid.lowerBound, sid.count)
  }

  /// Returns the first row whose `call_sid` equals the bytes at `sid` in `b`.
  func row(with sid: Range<Int>, _ b: RawSpan, _ bytes: RawSpan) -> Int? {
    var row = 0
    while row < rows.count {
      if isCallSID(at: row, bytes, b, sid) { return row }
      row &+= 1
    }
    return nil
  }

  /// Returns all rows by sid; nil if a participant is repeated or a sid is escaped.
  func index() -> SIDIndex? {
    let b = unsafe bytes.storage.span.bytes
    var index = SIDIndex(room: rows.count)
    for row in rows.indices {
      let sid = callSIDRange(row)
      let hash = SIDIndex.hash(b, sid)
      guard !rows[row].isEscaped(.callSID), index.find(hash, b, sid, in: self, b) == nil else { return nil }
      index.insert(row, hash)
    }
    return index
  }
}
