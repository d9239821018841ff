/// The strict RFC 8259 scanner used by both readers. Every function advances `i` past what it has read and checked.
///
/// The span is a document followed by ``PaddedBytes/padding`` zero bytes. A zero byte is invalid anywhere in JSON, so
/// it ends every scan and no function tests for the end. All loads of the readers are here. They check their bounds and
/// are unsafe only by name, since every bit pattern is a valid integer; in `equal` alone the callers check the bounds.
enum JSONScan {
  @inline(__always)
  static func byte(_ b: RawSpan, _ i: Int) -> UInt8 {
    unsafe b.unsafeLoadUnaligned(fromByteOffset: i, as: UInt8.self)
  }

  /// Loads four bytes, little-endian.
  @inline(__always)
  static func word32(_ b: RawSpan, _ i: Int) -> UInt32 {
    unsafe UInt32(littleEndian: b.unsafeLoadUnaligned(fromByteOffset: i, as: UInt32.self))
  }

  /// Loads eight bytes, little-endian.
  @inline(__always)
  static func word(_ b: RawSpan, _ i: Int) -> UInt64 {
    unsafe UInt64(littleEndian: b.unsafeLoadUnaligned(fromByteOffset: i, as: UInt64.self))
  }

  @inline(__always)
  static func vector(_ b: RawSpan, _ i: Int) -> SIMD16<Int8> {
    unsafe b.unsafeLoadUnaligned(fromByteOffset: i, as: SIMD16<Int8>.self)
  }

  /// Returns the byte in all 16 lanes. If its type were inferred, comparisons would compile to a loop over the lanes.
  @inline(__always)
  static func all(_ byte: Int8) -> SIMD16<Int8> { SIMD16<Int8>(repeating: byte) }

  /// Returns how many of the 16 bytes at `i` are plain: no quote, backslash, control character or non-ASCII byte.
  @inline(__always)
  static func plainRun(_ b: RawSpan, _ i: Int) -> Int {
    let v = vector(b, i)
    // As signed integers, non-ASCII bytes are less than 0x20 too.
    return before((v .== all(0x22)) .| (v .== all(0x5c)) .| (v .< all(0x20)))
  }

  /// Returns how many of the 16 bytes at `i` are plain and not DEL.
  @inline(__always)
  static func plainRunWithoutDelete(_ b: RawSpan, _ i: Int) -> Int {
    let v = vector(b, i)
    return before((v .== all(0x22)) .| (v .== all(0x5c)) .| (v .< all(0x20)) .| (v .== all(0x7f)))
  }

  /// Returns how many of the 16 bytes at `i` are quotes; nil if any is white space, a backslash, a control character
  /// or a non-ASCII byte.
  @inline(__always)
  static func quotesIfTidy(_ b: RawSpan, _ i: Int) -> Int? {
    let v = vector(b, i)
    guard before((v .< all(0x21)) .| (v .== all(0x5c)) .| (v .== all(0x7f))) == 16 else { return nil }
    let halves = unsafe unsafeBitCast(v .== all(0x22), to: SIMD2<UInt64>.self)
    // Each lane has eight bits.
    return (halves[0].nonzeroBitCount &+ halves[1].nonzeroBitCount) >> 3
  }

  /// Returns the number of lanes before the first one that is set.
  @inline(__always)
  static func before(_ stops: SIMDMask<SIMD16<Int8>>) -> Int {
    let halves = unsafe unsafeBitCast(stops, to: SIMD2<UInt64>.self)
    let low = UInt64(littleEndian: halves[0])
    if low != 0 { return low.trailingZeroBitCount >> 3 }
    let high = UInt64(littleEndian: halves[1])
    return high == 0 ? 16 : 8 &+ high.trailingZeroBitCount >> 3
  }

  @inline(__always)
  static func space(_ b: RawSpan, _ i: inout Int) {
    var c = byte(b, i)
    while c <= 0x20 {
      guard c == 0x20 || c == 0x0a || c == 0x0d || c == 0x09 else { return }
      i &+= 1
      c = byte(b, i)
    }
  }

  /// Reads what follows a member or an element, including the space around it.
  ///
  /// - Returns: true after a comma, false after `closing`.
  @inline(__always)
  static func hasMore(_ b: RawSpan, _ i: inout Int, until closing: UInt8) throws(ReadFault) -> Bool {
    space(b, &i)
    let c = byte(b, i)
    if c == 0x2c {
      i &+= 1
      space(b, &i)
      return true
    }
    guard c == closing else { throw ReadFault(JSONFlaw.separator, at: i) }
    i &+= 1
    return false
  }

  /// Reads the rest of a string after its opening quote.
  ///
  /// - Returns: whether it has escapes.
  @inline(__always)
  static func string(_ b: RawSpan, _ i: inout Int) throws(ReadFault) -> Bool {
    var p = i
    while true {
      let run = plainRun(b, p)
      p &+= run
      if run == 16 { continue }
      guard byte(b, p) == 0x22 else { break }
      i = p &+ 1
      return false
    }
    return try restOfString(b, &i, from: p)
  }

  /// Reads a key and its colon, including the space around the colon.
  ///
  /// - Returns: the range of the key's contents, and whether they have escapes.
  static func key(_ b: RawSpan, _ i: inout Int) throws(ReadFault) -> (contents: Range<Int>, escaped: Bool) {
    guard byte(b, i) == 0x22 else { throw ReadFault(JSONFlaw.key, at: i) }
    i &+= 1
    let start = i
    let escaped = try string(b, &i)
    let contents = start..<(i &- 1)
    space(b, &i)
    guard byte(b, i) == 0x3a else { throw ReadFault(JSONFlaw.colon, at: i) }
    i &+= 1
    space(b, &i)
    return (contents, escaped)
  }
}

extension JSONScan {
  static let wordTrue: UInt32 = 0x6575_7274
  static let wordFals: UInt32 = 0x736c_6166
  static let wordNull: UInt32 = 0x6c6c_756e

  /// Advances past `true` if it is at `i`, and returns whether it was.
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

  /// Reads the number that begins at `i`.
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

  /// Reads the value that begins at `i`, strictly, and discards it. At most `depth` levels may be opened.
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

  /// Reads an opening bracket and the space after it, and `closing` too if it follows at once.
  ///
  /// - Returns: whether the array or object has contents.
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

extension JSONScan {
  /// Continues reading a string at its first byte that is not plain.
  @inline(never)
  private static func restOfString(_ b: RawSpan, _ i: inout Int, from: Int) throws(ReadFault) -> Bool {
    var p = from
    var escaped = false
    while true {
      let run = plainRun(b, p)
      p &+= run
      if run == 16 { continue }
      let c = byte(b, p)
      if c == 0x22 {
        i = p &+ 1
        return escaped
      }
      if c == 0x5c {
        escaped = true
        p &+= try escape(b, p)
      } else {
        p &+= try character(b, p, c)
      }
    }
  }

  /// Returns the length of the escape at `p`. Lone surrogates are valid here; decoding replaces them.
  @inline(__always)
  private static func escape(_ b: RawSpan, _ p: Int) throws(ReadFault) -> Int {
    switch byte(b, p &+ 1) {
    case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: return 2
    case 0x75:
      for k in 2..<6 where byte(b, p &+ k).hexadecimalValue == nil { throw ReadFault(JSONFlaw.escape, at: p) }
      return 6
    default: throw ReadFault(JSONFlaw.escape, at: p)
    }
  }

  /// Returns the length of the non-ASCII character at `p`. Source: Unicode standard, table 3-7.
  @inline(__always)
  private static func character(_ b: RawSpan, _ p: Int, _ first: UInt8) throws(ReadFault) -> Int {
    let second = byte(b, p &+ 1)
    switch first {
    case 0xc2...0xdf:
      if isContinuation(second) { return 2 }
    case 0xe0...0xef:
      let low: UInt8 = first == 0xe0 ? 0xa0 : 0x80
      let high: UInt8 = first == 0xed ? 0x9f : 0xbf
      if second >= low, second <= high, isContinuation(byte(b, p &+ 2)) { return 3 }
    case 0xf0...0xf4:
      let low: UInt8 = first == 0xf0 ? 0x90 : 0x80
      let high: UInt8 = first == 0xf4 ? 0x8f : 0xbf
      if second >= low, second <= high, isContinuation(byte(b, p &+ 2)), isContinuation(byte(b, p &+ 3)) { return 4 }
    case 0x00..<0x20: throw ReadFault(JSONFlaw.control, at: p)
    default: break
    }
    throw ReadFault(JSONFlaw.utf8, at: p)
  }

  @inline(__always)
  private static func isContinuation(_ c: UInt8) -> Bool { c & 0xc0 == 0x80 }
}

extension JSONScan {
  /// Whether `count` bytes at `i` in one span equal those at `j` in another; false if either range is out of bounds.
  ///
  /// Both spans are padded, so the last vector can be loaded whole.
  @inline(__always)
  static func same(_ a: RawSpan, _ i: Int, _ b: RawSpan, _ j: Int, _ count: Int) -> Bool {
    guard i >= 0, j >= 0, count >= 0, count <= a.byteCount &- 16, count <= b.byteCount &- 16,
      i <= a.byteCount &- 16 &- count, j <= b.byteCount &- 16 &- count
    else { return false }
    var k = 0
    while k &+ 128 <= count {
      // Bounds were checked above for the whole range.
      let low = unsafe equal64(a, i &+ k, b, j &+ k)
      let high = unsafe equal64(a, i &+ k &+ 64, b, j &+ k &+ 64)
      guard areAllSet(low .& high) else { return false }
      k &+= 128
    }
    while k &+ 16 <= count {
      guard unsafe areAllSet(equal(a, i &+ k, b, j &+ k)) else { return false }
      k &+= 16
    }
    // Bytes after the range may differ.
    return unsafe k == count || before(.!equal(a, i &+ k, b, j &+ k)) >= count &- k
  }

  /// Returns how many bytes from `i` in one span equal those from `j` in another, up to `limit`.
  ///
  /// The run ends where either padded span has no whole vector left.
  static func equalRun(_ a: RawSpan, _ i: Int, _ b: RawSpan, _ j: Int, atMost limit: Int) -> Int {
    guard i >= 0, j >= 0, i <= a.byteCount &- 16, j <= b.byteCount &- 16 else { return 0 }
    let count = min(limit, a.byteCount &- 16 &- i, b.byteCount &- 16 &- j)
    var k = 0
    while k &+ 128 <= count {
      // Bounds were checked above for the whole range.
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

  /// Whether a range inside a string is plain: no quote, escape, control character or non-ASCII byte.
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

  /// Compares four vectors and combines the results lane by lane.
  @inline(__always)
  @unsafe
  private static func equal64(_ a: RawSpan, _ i: Int, _ b: RawSpan, _ j: Int) -> SIMDMask<SIMD16<Int8>> {
    unsafe (equal(a, i, b, j) .& equal(a, i &+ 16, b, j &+ 16))
      .& (equal(a, i &+ 32, b, j &+ 32) .& equal(a, i &+ 48, b, j &+ 48))
  }

  /// Returns the lanes in which the vectors at `i` and `j` are equal. Unsafe: the caller must have checked the bounds.
  @inline(__always)
  @unsafe
  private static func equal(_ a: RawSpan, _ i: Int, _ b: RawSpan, _ j: Int) -> SIMDMask<SIMD16<Int8>> {
    unsafe a.unsafeLoadUnaligned(fromUncheckedByteOffset: i, as: SIMD16<Int8>.self)
      .== b.unsafeLoadUnaligned(fromUncheckedByteOffset: j, as: SIMD16<Int8>.self)
  }

  /// Whether the bytes are a valid sid (see ``SIDSyntax``), sixteen at a time.
  @inline(__always)
  static func isSID(_ b: RawSpan, _ contents: Range<Int>) -> Bool {
    let count = contents.count
    guard count >= 16, count <= SIDSyntax.maximumLength else { return isShortSID(b, contents) }
    var p = contents.lowerBound
    while p < contents.upperBound {
      // The last vector overlaps the one before.
      guard isSIDVector(vector(b, min(p, contents.upperBound &- 16))) else { return false }
      p &+= 16
    }
    return true
  }

  @inline(__always)
  private static func isSIDVector(_ v: SIMD16<Int8>) -> Bool {
    // Four ranges of ASCII: `-` to `:` without `/`, upper case, `_`, lower case.
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
