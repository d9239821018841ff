extension JSONScan {
  static let wordTrue: UInt32 = 0x6575_7274
  static let wordFals: UInt32 = 0x736c_6166
  static let wordNull: UInt32 = 0x6c6c_756e

  /// Whether `true` stands at `i`; then passes it. The same for the other two literals.
  @inline(__always)
  static func takeTrue(_ b: RawSpan, _ i: inout Int) -> Bool {
    guard word32(b, i) == wordTrue else { return false }
    i &+= 4
    return true
  }

  @inline(__always)
  static func takeFalse(_ b: RawSpan, _ i: inout Int) -> Bool {
    guard word32(b, i) == wordFals, byte(b, i &+ 4) == 0x65 else { return false }
    i &+= 5
    return true
  }

  @inline(__always)
  static func takeNull(_ b: RawSpan, _ i: inout Int) -> Bool {
    guard word32(b, i) == wordNull else { return false }
    i &+= 4
    return true
  }

  /// Reads a number; `i` stands at its first byte.
  @inline(never)
  static func number(_ b: RawSpan, _ i: inout Int) throws(ReadFault) {
    if byte(b, i) == 0x2d { i &+= 1 }
    if byte(b, i) == 0x30 { i &+= 1 } else { try digits(b, &i) }
    if byte(b, i) == 0x2e {
      i &+= 1
      try digits(b, &i)
    }
    guard byte(b, i) | 0x20 == 0x65 else { return }
    i &+= 1
    if byte(b, i) == 0x2b || byte(b, i) == 0x2d { i &+= 1 }
    try digits(b, &i)
  }

  private static func digits(_ b: RawSpan, _ i: inout Int) throws(ReadFault) {
    guard byte(b, i) &- 0x30 < 10 else { throw ReadFault(JSONFlaw.number, at: i) }
    while byte(b, i) &- 0x30 < 10 { i &+= 1 }
  }

  /// Reads any value strictly and forgets it. `i` stands at its first byte; `depth` levels may be opened.
  @inline(never)
  static func skip(_ b: RawSpan, _ i: inout Int, depth: Int) throws(ReadFault) {
    switch byte(b, i) {
    case 0x22:
      i &+= 1
      _ = try string(b, &i)
    case 0x7b: try skipObject(b, &i, depth: depth)
    case 0x5b: try skipArray(b, &i, depth: depth)
    case 0x2d, 0x30...0x39: try number(b, &i)
    default:
      guard takeTrue(b, &i) || takeFalse(b, &i) || takeNull(b, &i) else { throw ReadFault(JSONFlaw.value, at: i) }
    }
  }

  /// Passes an opening bracket and the space behind it; passes `closing` too where nothing stands between.
  ///
  /// - Returns: whether there is anything inside.
  @inline(__always)
  static func open(_ b: RawSpan, _ i: inout Int, until closing: UInt8, depth: Int) throws(ReadFault) -> Bool {
    guard depth > 0 else { throw ReadFault(JSONFlaw.depth, at: i) }
    i &+= 1
    space(b, &i)
    guard byte(b, i) == closing else { return true }
    i &+= 1
    return false
  }

  private static func skipObject(_ b: RawSpan, _ i: inout Int, depth: Int) throws(ReadFault) {
    guard try open(b, &i, until: 0x7d, depth: depth) else { return }
    repeat {
      _ = try key(b, &i)
      try skip(b, &i, depth: depth &- 1)
    } while try hasMore(b, &i, until: 0x7d)
  }

  private static func skipArray(_ b: RawSpan, _ i: inout Int, depth: Int) throws(ReadFault) {
    guard try open(b, &i, until: 0x5d, depth: depth) else { return }
    repeat { try skip(b, &i, depth: depth &- 1) } while try hasMore(b, &i, until: 0x5d)
  }
}
