/// Takes from a next-page link what may be used of it: its query string.
///
/// The token goes to one origin only, so scheme, host, port and path of a link are never followed; a link that names
/// others than our own fails the scan instead.
package enum NextPageLink {
  /// A link's length in bytes at the most.
  package static let maximumLength = 2048

  package struct Refusal: Error, Equatable, Sendable {
    package let reason: String
  }

  /// Checks a link against the list that it came with.
  ///
  /// - Parameters:
  ///   - origin: ours, such as `https://example.signalwire.com`, without a slash at the end.
  ///   - path: the list's path below the API's root, beginning with `/Accounts/`.
  /// - Returns: the query string, without `?`.
  package static func query(of link: String, origin: String, path: String) throws(Refusal) -> String {
    let bytes = Array(link.utf8)
    guard bytes.count <= maximumLength else { throw Refusal(reason: "the next-page link is too long") }
    guard bytes.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#") }) else {
      throw Refusal(reason: "the next-page link has a character that no link may have")
    }
    var rest = link[...]
    if rest.hasPrefix(origin + "/") { rest = rest.dropFirst(origin.utf8.count) }
    guard rest.hasPrefix("/"), !rest.hasPrefix("//") else {
      throw Refusal(reason: "the next-page link names another origin")
    }
    guard let mark = rest.firstIndex(of: "?") else { throw Refusal(reason: "the next-page link has no query") }
    guard isOwn(rest[..<mark], path) else { throw Refusal(reason: "the next-page link names another list") }
    let query = rest[rest.index(after: mark)...]
    guard !query.isEmpty, query.utf8.allSatisfy(isQueryByte) else {
      throw Refusal(reason: "the next-page link's query has a character that does not belong there")
    }
    return String(query)
  }

  private static func isOwn(_ found: Substring, _ path: String) -> Bool {
    for root in ["/api/laml/2010-04-01", "/2010-04-01"] {
      if found == root + path || found == root + path + ".json" { return true }
    }
    return false
  }

  private static func isQueryByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: "&"),
      UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: ","):
      true
    default: false
    }
  }
}
