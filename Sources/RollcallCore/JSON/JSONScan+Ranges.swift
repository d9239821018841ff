extension JSONScan {
  /// Whether `count` bytes at `i` of one span equal those at `j` of another; false where either range is out of bounds.
  ///
  /// Both spans are padded, which lets the last vector be loaded whole.
  @inline(__always)
  static func same(_ a: RawSpan, _ i: Int, _ b: RawSpan, _ j: Int, _ count: Int) -> Bool {
    guard i >= 0, j >= 0, count >= 0, count <= a.byteCount &- 16, count <= b.byteCount &- 16,
      i <= a.byteCount &- 16 &- count, j <= b.byteCount &- 16 &- count
    else { return false }
    var k = 0
    while k &+ 128 <= count {
      // Bounds were checked above, once for all.
      let low = unsafe equal64(a, i &+ k, b, j &+ k)
      let high = unsafe equal64(a, i &+ k &+ 64, b, j &+ k &+ 64)
      guard areAllSet(low .& high) else { return false }
      k &+= 128
    }
    while k &+ 16 <= count {
      guard unsafe areAllSet(equal(a, i &+ k, b, j &+ k)) else { return false }
      k &+= 16
    }
    // What follows the range may differ.
    return unsafe k == count || before(.!equal(a, i &+ k, b, j &+ k)) >= count &- k
  }

  /// How many bytes from `i` of one span on equal those from `j` of another on, `limit` at the most.
  ///
  /// Both spans are padded; where one ends too soon for a whole vector, so does the run.
  static func equalRun(_ a: RawSpan, _ i: Int, _ b: RawSpan, _ j: Int, atMost limit: Int) -> Int {
    guard i >= 0, j >= 0, i <= a.byteCount &- 16, j <= b.byteCount &- 16 else { return 0 }
    let count = min(limit, a.byteCount &- 16 &- i, b.byteCount &- 16 &- j)
    var k = 0
    while k &+ 128 <= count {
      // Bounds were checked above, once for all.
      let low = unsafe equal64(a, i &+ k, b, j &+ k)
      let high = unsafe equal64(a, i &+ k &+ 64, b, j &+ k &+ 64)
      guard areAllSet(low .& high) else { break }
      k &+= 128
    }
    while k < count {
      let equal = unsafe before(.!equal(a, i &+ k, b, j &+ k))
      if equal < 16 { return min(k &+ equal, count) }
      k &+= 16
    }
    return max(count, 0)
  }

  /// Whether a range inside a string holds neither its end nor an escape, a control or anything but ASCII.
  @inline(__always)
  static func isPlain(_ b: RawSpan, _ range: Range<Int>) -> Bool {
    var p = range.lowerBound
    while p < range.upperBound {
      let run = plainRun(b, p)
      p &+= run
      if run < 16 { break }
    }
    return p >= range.upperBound
  }

  @inline(__always)
  private static func areAllSet(_ lanes: SIMDMask<SIMD16<Int8>>) -> Bool {
    let halves = unsafe unsafeBitCast(lanes, to: SIMD2<UInt64>.self)
    return halves[0] & halves[1] == .max
  }

  /// Four vectors at once, lane by lane.
  @inline(__always)
  @unsafe
  private static func equal64(_ a: RawSpan, _ i: Int, _ b: RawSpan, _ j: Int) -> SIMDMask<SIMD16<Int8>> {
    unsafe (equal(a, i, b, j) .& equal(a, i &+ 16, b, j &+ 16))
      .& (equal(a, i &+ 32, b, j &+ 32) .& equal(a, i &+ 48, b, j &+ 48))
  }

  /// The lanes in which the vectors at `i` and `j` are equal. Unsafe: the caller has checked the bounds.
  @inline(__always)
  @unsafe
  private static func equal(_ a: RawSpan, _ i: Int, _ b: RawSpan, _ j: Int) -> SIMDMask<SIMD16<Int8>> {
    unsafe a.unsafeLoadUnaligned(fromUncheckedByteOffset: i, as: SIMD16<Int8>.self)
      .== b.unsafeLoadUnaligned(fromUncheckedByteOffset: j, as: SIMD16<Int8>.self)
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
    return areAllSet(low .| upper .| lower .| (v .== all(0x5f)))
  }

  @inline(never)
  private static func isShortSID(_ b: RawSpan, _ contents: Range<Int>) -> Bool {
    guard contents.count <= SIDSyntax.maximumLength else { return false }
    return SIDSyntax.accepts(contents.map { byte(b, $0) })
  }
}
