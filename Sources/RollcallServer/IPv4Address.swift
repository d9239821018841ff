/// An address that a server listens at, such as `127.0.0.1`.
package struct IPv4Address: Hashable, Sendable, CustomStringConvertible {
  package static let loopback = IPv4Address(number: 0x7F00_0001)

  let number: UInt32

  private init(number: UInt32) { self.number = number }

  /// - Returns: nil unless the text is four numbers from 0 to 255 with dots between them.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var number: UInt32 = 0
    for part in parts {
      guard part.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let byte = UInt8(part)
      else {
        return nil
      }
      number = number << 8 | UInt32(byte)
    }
    self.number = number
  }

  package var description: String {
    [24, 16, 8, 0].map { String(number >> UInt32($0) & 0xFF) }.joined(separator: ".")
  }
}
