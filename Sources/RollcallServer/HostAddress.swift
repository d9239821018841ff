#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A numeric address that a server listens at, such as `127.0.0.1` or `::1`.
package struct HostAddress: Hashable, Sendable {
  package enum Family: Hashable, Sendable {
    case ipv4
    case ipv6

    var number: Int32 {
      switch self {
      case .ipv4: AF_INET
      case .ipv6: AF_INET6
      }
    }

    fileprivate var byteCount: Int {
      switch self {
      case .ipv4: 4
      case .ipv6: 16
      }
    }
  }

  /// 127.0.0.1.
  package static let loopback = HostAddress(family: .ipv4, bytes: [127, 0, 0, 1])

  package let family: Family
  /// In the network's order.
  let bytes: [UInt8]

  private init(family: Family, bytes: [UInt8]) {
    self.family = family
    self.bytes = bytes
  }

  /// - Returns: nil unless the text is an address of the family, without brackets.
  package init?(_ text: some StringProtocol, _ family: Family) {
    var bytes = [UInt8](repeating: 0, count: family.byteCount)
    guard unsafe inet_pton(family.number, String(text), &bytes) == 1 else { return nil }
    self.init(family: family, bytes: bytes)
  }
}

extension HostAddress: CustomStringConvertible {
  /// As it stands in a URL.
  package var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard unsafe inet_ntop(family.number, bytes, &text, socklen_t(text.count)) != nil else { return "" }
    let characters = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return family == .ipv6 ? "[\(characters)]" : characters
  }
}
