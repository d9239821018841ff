extension JSONScan {
  /// Whether `count` bytes at `i` of one span equal those at `j` of another; false where either range is out of bounds.
  ///
  /// Both spans are padded, which lets the last word be loaded whole.
  @inline(__always)
  static func same(_ a: RawSpan, _ i: Int, _ b: RawSpan, _ j: Int, _ count: Int) -> Bool {
    guard i >= 0, j >= 0, count >= 0, count <= a.byteCount &- 8, count <= b.byteCount &- 8,
      i <= a.byteCount &- 8 &- count, j <= b.byteCount &- 8 &- count
    else { return false }
    var k = 0
    while k &+ 64 <= count {
      // Bounds were checked above, once for all.
      let low = unsafe differ(a, i &+ k, b, j &+ k) | differ(a, i &+ k &+ 8, b, j &+ k &+ 8)
      let middle = unsafe differ(a, i &+ k &+ 16, b, j &+ k &+ 16) | differ(a, i &+ k &+ 24, b, j &+ k &+ 24)
      let upper = unsafe differ(a, i &+ k &+ 32, b, j &+ k &+ 32) | differ(a, i &+ k &+ 40, b, j &+ k &+ 40)
      let high = unsafe differ(a, i &+ k &+ 48, b, j &+ k &+ 48) | differ(a, i &+ k &+ 56, b, j &+ k &+ 56)
      if low | middle | upper | high != 0 { return false }
      k &+= 64
    }
    while k &+ 8 <= count {
      if unsafe differ(a, i &+ k, b, j &+ k) != 0 { return false }
      k &+= 8
    }
    let rest = count &- k
    return unsafe rest == 0 || UInt64(littleEndian: differ(a, i &+ k, b, j &+ k)) << UInt64(64 &- 8 &* rest) == 0
  }

  /// The bits in which the words at `i` and `j` differ. Unsafe: the caller has checked the bounds.
  @inline(__always)
  @unsafe
  private static func differ(_ a: RawSpan, _ i: Int, _ b: RawSpan, _ j: Int) -> UInt64 {
    unsafe a.unsafeLoadUnaligned(fromUncheckedByteOffset: i, as: UInt64.self)
      ^ b.unsafeLoadUnaligned(fromUncheckedByteOffset: j, as: UInt64.self)
  }

  /// Whether the bytes are a sid, as ``SIDSyntax`` has it, sixteen at a time.
  @inline(__always)
  static func isSID(_ b: RawSpan, _ contents: Range<Int>) -> Bool {
    let count = contents.count
    guard count >= 16, count <= SIDSyntax.maximumLength else { return isShortSID(b, contents) }
    var p = contents.lowerBound
    while p < contents.upperBound {
      // The last vector reaches back into the one before.
      guard isSIDVector(vector(b, min(p, contents.upperBound &- 16))) else { return false }
      p &+= 16
    }
    return true
  }

  @inline(__always)
  private static func isSIDVector(_ v: SIMD16<Int8>) -> Bool {
    // Four ranges of ASCII: `-`…`:` without `/`, upper case, `_`, lower case.
    let low = (v .>= all(0x2d)) .& (v .<= all(0x3a)) .& (v .!= all(0x2f))
    let upper = (v .>= all(0x41)) .& (v .<= all(0x5a))
    let lower = (v .>= all(0x61)) .& (v .<= all(0x7a))
    let halves = unsafe unsafeBitCast(
      low .| upper .| lower .| (v .== all(0x5f)), to: SIMD2<UInt64>.self)
    return halves[0] & halves[1] == .max
  }

  @inline(never)
  private static func isShortSID(_ b: RawSpan, _ contents: Range<Int>) -> Bool {
    guard contents.count <= SIDSyntax.maximumLength else { return false }
    return SIDSyntax.accepts(contents.map { byte(b, $0) })
  }
}
