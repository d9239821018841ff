extension JSONScan {
  /// Reads a string on from its first byte that is not plain.
  @inline(never)
  static func unevenString(_ b: RawSpan, _ i: inout Int, from: Int) throws(ReadFault) -> Bool {
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

  /// How long the escape at `p` is. A surrogate may stand alone: it is told apart where texts are decoded.
  @inline(__always)
  private static func escape(_ b: RawSpan, _ p: Int) throws(ReadFault) -> Int {
    switch byte(b, p &+ 1) {
    case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: return 2
    case 0x75:
      for k in 2..<6 where !isHexDigit(byte(b, p &+ k)) { throw ReadFault(JSONFlaw.escape, at: p) }
      return 6
    default: throw ReadFault(JSONFlaw.escape, at: p)
    }
  }

  @inline(__always)
  private static func isHexDigit(_ c: UInt8) -> Bool {
    c &- 0x30 < 10 || (c | 0x20) &- 0x61 < 6
  }

  /// How long the non-ASCII character at `p` is: table 3-7 of the Unicode standard.
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
