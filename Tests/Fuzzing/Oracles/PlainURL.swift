/// The five parts of a URL, by the expression of RFC 3986, appendix B.
package struct PlainURL {
  package let scheme: String?
  package let authority: String?
  package let path: String
  package let query: String?
  package let fragment: String?

  package init(_ text: String) {
    var rest = Substring(text)
    var scheme: String?
    let first = rest.prefix { !":/?#".contains($0) }
    if !first.isEmpty, rest.dropFirst(first.count).first == ":" {
      scheme = String(first)
      rest = rest.dropFirst(first.count + 1)
    }
    var authority: String?
    if rest.hasPrefix("//") {
      authority = String(rest.dropFirst(2).prefix { !"/?#".contains($0) })
      rest = rest.dropFirst(2 + (authority?.count ?? 0))
    }
    path = String(rest.prefix { !"?#".contains($0) })
    rest = rest.dropFirst(path.count)
    var query: String?
    if rest.first == "?" {
      query = String(rest.dropFirst().prefix { $0 != "#" })
      rest = rest.dropFirst(1 + (query?.count ?? 0))
    }
    fragment = rest.first == "#" ? String(rest.dropFirst()) : nil
    (self.scheme, self.authority, self.query) = (scheme, authority, query)
  }

  /// Returns the text with percent-encoded bytes decoded.
  package static func decoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let hidden = UInt8(digits, radix: 16) {
        bytes.append(hidden)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
