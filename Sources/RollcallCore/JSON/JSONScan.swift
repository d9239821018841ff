/// The strict RFC 8259 scanner under both readers: every function moves `i` past what it has read and checked.
///
/// The span holds a document and ``PaddedBytes/padding`` zero bytes. A zero byte is valid nowhere in JSON, so it ends every
/// scan and no function tests for the end. The loads are the only ones in the readers and they check their bounds; they
/// are `unsafe` by name alone, since every bit pattern is a valid integer.
enum JSONScan {
  @inline(__always)
  static func byte(_ b: RawSpan, _ i: Int) -> UInt8 {
    unsafe b.unsafeLoadUnaligned(fromByteOffset: i, as: UInt8.self)
  }

  /// Four bytes, the first one lowest.
  @inline(__always)
  static func word32(_ b: RawSpan, _ i: Int) -> UInt32 {
    unsafe UInt32(littleEndian: b.unsafeLoadUnaligned(fromByteOffset: i, as: UInt32.self))
  }

  /// Eight bytes, the first one lowest.
  @inline(__always)
  static func word(_ b: RawSpan, _ i: Int) -> UInt64 {
    unsafe UInt64(littleEndian: b.unsafeLoadUnaligned(fromByteOffset: i, as: UInt64.self))
  }

  @inline(__always)
  static func vector(_ b: RawSpan, _ i: Int) -> SIMD16<Int8> {
    unsafe b.unsafeLoadUnaligned(fromByteOffset: i, as: SIMD16<Int8>.self)
  }

  /// Sixteen times the same byte. With its type left to inference, comparisons compile to a loop over the lanes.
  @inline(__always)
  static func all(_ byte: Int8) -> SIMD16<Int8> { SIMD16<Int8>(repeating: byte) }

  /// How many of the 16 bytes at `i` are plain: no quote, no backslash, no control, no part of a non-ASCII character.
  @inline(__always)
  static func plainRun(_ b: RawSpan, _ i: Int) -> Int {
    let v = vector(b, i)
    // Signed, non-ASCII bytes are below 0x20 as well.
    return before((v .== all(0x22)) .| (v .== all(0x5c)) .| (v .< all(0x20)))
  }

  /// How many of the 16 bytes at `i` are plain and no DEL either.
  @inline(__always)
  static func quietRun(_ b: RawSpan, _ i: Int) -> Int {
    let v = vector(b, i)
    return before((v .== all(0x22)) .| (v .== all(0x5c)) .| (v .< all(0x20)) .| (v .== all(0x7f)))
  }

  /// How many of the 16 bytes at `i` are quotes; nil where any of them is white space, a backslash, DEL, or not ASCII.
  @inline(__always)
  static func quotesIfTidy(_ b: RawSpan, _ i: Int) -> Int? {
    let v = vector(b, i)
    guard before((v .< all(0x21)) .| (v .== all(0x5c)) .| (v .== all(0x7f))) == 16 else { return nil }
    let halves = unsafe unsafeBitCast(v .== all(0x22), to: SIMD2<UInt64>.self)
    // Eight bits for each.
    return (halves[0].nonzeroBitCount &+ halves[1].nonzeroBitCount) >> 3
  }

  /// How many lanes come before the first that is set.
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

  /// Reads what follows a member or an element, with the space around it.
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

  /// Reads the rest of a string whose opening quote has been passed.
  ///
  /// - Returns: whether there were escapes.
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
    return try unevenString(b, &i, from: p)
  }

  /// Reads a key and its colon, with the space around that.
  ///
  /// - Returns: where the key's contents are, and whether they hold escapes.
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
