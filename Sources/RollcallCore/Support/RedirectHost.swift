/// Where a redirect points, as far as may be told: the rest of its URL may be a secret.
package enum RedirectHost {
  /// Such as `it points to hooks.example.com`; nil where the reply names no place.
  package static func text(of response: HTTPResponse) -> String? {
    guard let location = response.headers["location"] else { return nil }
    return "it points to \(host(of: location) ?? "another path of the same host")"
  }

  /// The host and port of a URL; nil where it has none, and is relative.
  private static func host(of location: String) -> String? {
    let bytes = Array(location.utf8)
    guard let slashes = bytes.range(ofRun: "//".utf8) else { return nil }
    // A path or a query may hold another URL.
    let scheme = bytes[..<slashes.lowerBound]
    guard scheme.isEmpty || scheme.last == UInt8(ascii: ":") && scheme.dropLast().allSatisfy(isInScheme) else {
      return nil
    }
    let authority = bytes[slashes.upperBound...].prefix { byte in !"/?#\\".utf8.contains(byte) }
    // A name and a password may stand before the last @.
    let host = authority.lastIndex(of: UInt8(ascii: "@")).map { authority[($0 + 1)...] } ?? authority
    let text = Excerpt.of(host)
    return text.isEmpty ? nil : text
  }

  private static func isInScheme(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
