/// Links to a next page, as the provider writes them. Nothing but the query is taken from one: origin and path stay ours.
package enum NextPageLink {
  /// Bytes of a link at the most.
  package static let maximumLength = 2048
  /// What the path of a list begins with; the provider's links may leave the first part out.
  private static let optionalPrefix = "/api/laml"
  private static let optionalSuffix = ".json"
  private static let key = "PageToken="

  /// The query string of a link, without its question mark.
  ///
  /// - Parameters:
  ///   - link: relative to the host, or absolute.
  ///   - origin: scheme, host and port that the list was asked from, such as `https://example.signalwire.com`.
  ///   - path: the list's path as it is sent, without `.json`, such as `/api/laml/2010-04-01/Accounts/…/Participants`.
  /// - Throws: ``LinkRefusal`` where the link is anything but another page of the same list.
  package static func query(of link: String, origin: String, path: String) throws(LinkRefusal) -> String {
    let bytes = Array(link.utf8)
    guard bytes.count <= maximumLength else { throw .tooLong }
    guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) else { throw .character }
    guard !bytes.contains(UInt8(ascii: "#")) else { throw .fragment }
    let local = try withoutOrigin(ArraySlice(bytes), origin)
    let mark = local.firstIndex(of: UInt8(ascii: "?")) ?? local.endIndex
    guard isSameList(local[..<mark], path) else { throw .otherList }
    let query = local[mark...].dropFirst()
    guard !query.isEmpty else { throw .noQuery }
    try check(query)
    return String(decoding: query, as: UTF8.self)
  }

  /// What of such a query tells the page: its `PageToken`, or all of it where there is none.
  package static func token(of query: String) -> Substring {
    query.split(separator: "&").first { $0.hasPrefix(key) }?.dropFirst(key.count) ?? Substring(query)
  }

  /// Whether a query carries a page's token.
  package static func hasToken(_ query: String) -> Bool { query.split(separator: "&").contains { $0.hasPrefix(key) } }

  private static func withoutOrigin(
    _ link: ArraySlice<UInt8>, _ origin: String
  ) throws(LinkRefusal) -> ArraySlice<UInt8> {
    let slash = UInt8(ascii: "/")
    if link.first == slash {
      guard link.dropFirst().first != slash else { throw .otherOrigin }
      return link
    }
    let path = link.prefix { $0 != UInt8(ascii: "?") }
    guard path.contains(UInt8(ascii: ":")) else { throw .otherList }
    // Scheme and host have no case (RFC 3986 section 6.2.2.1).
    let named = link.prefix(origin.utf8.count)
    guard named.map(lowercased).elementsEqual(origin.utf8.map(lowercased)) else { throw .otherOrigin }
    let rest = link.dropFirst(origin.utf8.count)
    guard rest.first == slash else { throw .otherOrigin }
    return rest
  }

  private static func isSameList(_ linked: ArraySlice<UInt8>, _ path: String) -> Bool {
    let own = [path, path.hasPrefix(optionalPrefix + "/") ? String(path.dropFirst(optionalPrefix.count)) : path]
    let plain = withPlainColons(linked)
    return own.contains { plain.elementsEqual($0.utf8) || plain.elementsEqual(($0 + optionalSuffix).utf8) }
  }

  /// A sid may hold colons, which a provider is free to encode.
  static func withPlainColons(_ path: ArraySlice<UInt8>) -> [UInt8] {
    var plain: [UInt8] = []
    var rest = path
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.prefix(2).map(lowercased).elementsEqual("3a".utf8) {
        plain.append(UInt8(ascii: ":"))
        rest = rest.dropFirst(2)
      } else {
        plain.append(byte)
      }
    }
    return plain
  }

  private static func check(_ query: ArraySlice<UInt8>) throws(LinkRefusal) {
    var rest = query
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        guard isAllowed(byte) else { throw .character }
        continue
      }
      guard let high = digit(rest.popFirst()), let low = digit(rest.popFirst()) else { throw .percentEncoding }
      let hidden = high << 4 | low
      guard hidden >= 0x20, hidden != 0x7f else { throw .percentEncoding }
    }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "._~-&=+:,/".utf8.contains(byte)
    }
  }

  private static func digit(_ byte: UInt8?) -> UInt8? {
    switch byte.map(lowercased) {
    case .some(let digit) where (0x30...0x39).contains(digit): digit - 0x30
    case .some(let digit) where (0x61...0x66).contains(digit): digit - 0x61 + 10
    case .some, .none: nil
    }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
  }
}
