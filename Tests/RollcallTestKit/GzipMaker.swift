/// Makes gzip (RFC 1952) of stored blocks and of runs of one byte, so that tests need no compressor.
package struct GzipMaker {
  private var bits: [UInt8] = []
  private var pending: UInt32 = 0
  private var pendingCount = 0
  private var contents: [UInt8] = []

  package init() {}

  /// Returns a complete member that stores bytes uncompressed.
  package static func stored(_ bytes: [UInt8], time: UInt32 = 0) -> [UInt8] {
    var maker = GzipMaker()
    maker.store(bytes)
    return maker.member(time: time)
  }

  /// Returns a complete member of `count` zero bytes, about a thousandth of their size.
  package static func zeros(_ count: Int) -> [UInt8] {
    var maker = GzipMaker()
    maker.run(of: count)
    return maker.member()
  }

  /// Appends blocks of bytes that are not compressed (RFC 1951, section 3.2.4).
  package mutating func store(_ bytes: [UInt8]) {
    for start in stride(from: 0, to: bytes.count, by: 0xffff) {
      let part = bytes[start..<min(start + 0xffff, bytes.count)]
      put(0, 1)
      put(0, 2)
      flush()
      let count = UInt16(part.count)
      for word in [count, ~count] { bits += [UInt8(truncatingIfNeeded: word), UInt8(word >> 8)] }
      bits += part
    }
    contents += bytes
  }

  /// Appends a block of zero bytes: one of them, then copies of it in the fixed codes (RFC 1951, section 3.2.6).
  package mutating func run(of count: Int) {
    precondition(count > 0)
    put(0, 1)
    put(1, 2)
    putCode(0x30, 8)
    var left = count - 1
    while left >= 258 {
      putCode(0b1100_0101, 8)
      putCode(0, 5)
      left -= 258
    }
    for _ in 0..<left { putCode(0x30, 8) }
    putCode(0, 7)
    contents += [UInt8](repeating: 0, count: count)
  }

  /// Returns the member, with its header and trailer.
  package mutating func member(time: UInt32 = 0) -> [UInt8] {
    // An empty last block.
    put(1, 1)
    put(1, 2)
    putCode(0, 7)
    flush()
    return [0x1f, 0x8b, 8, 0] + Self.little(time) + [0, 255] + bits
      + Self.little(Self.checksum(contents)) + Self.little(UInt32(truncatingIfNeeded: contents.count))
  }

  private mutating func put(_ value: UInt32, _ count: Int) {
    pending |= value << UInt32(pendingCount)
    pendingCount += count
    while pendingCount >= 8 {
      bits.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      pendingCount -= 8
    }
  }

  /// Writes a code, which is packed from its most significant bit.
  private mutating func putCode(_ code: UInt32, _ count: Int) {
    for place in (0..<count).reversed() { put(code >> UInt32(place) & 1, 1) }
  }

  private mutating func flush() {
    guard pendingCount > 0 else { return }
    bits.append(UInt8(truncatingIfNeeded: pending))
    pending = 0
    pendingCount = 0
  }

  private static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  /// Returns the CRC-32, computed bit by bit (RFC 1952, section 8).
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { value, byte in
      (0..<8).reduce(value ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
    }
  }
}
