import RollcallCore
import Testing

struct NextPageLinkTests {
  static let origin = "https://example.signalwire.com"
  static let tail = "/2010-04-01/Accounts/p-1/Conferences/c:1/Participants"
  static let path = "/api/laml" + tail
  static let q = "Page=1&PageSize=1000&PageToken=PAx"

  private static func query(_ link: String) -> Result<String, LinkRefusal> {
    Result { () throws(LinkRefusal) in try NextPageLink.query(of: link, origin: origin, path: path) }
  }

  static let taken: [(link: String, query: String)] = [
    ("\(path)?\(q)", q), ("\(tail)?\(q)", q), ("\(path).json?\(q)", q), ("\(tail).json?\(q)", q),
    ("\(origin)\(path)?\(q)", q), ("\(origin)\(tail)?\(q)", q), ("\(origin)\(path).json?\(q)", q),
    ("HTTPS://Example.SignalWire.com\(path)?\(q)", q),
    ("/api/laml/2010-04-01/Accounts/p-1/Conferences/c%3A1/Participants?\(q)", q),
    ("/2010-04-01/Accounts/p-1/Conferences/c%3a1/Participants?\(q)", q),
    ("\(path)?a=b", "a=b"), ("\(path)?PageToken=PA%3D%2f+~._-", "PageToken=PA%3D%2f+~._-"),
    ("\(path)?PageToken=PAa:b,c", "PageToken=PAa:b,c"), ("\(path)?x=%C3%A9", "x=%C3%A9"), ("\(path)?x=%20", "x=%20"),
    ("\(path)?=", "="), ("\(path)?PageToken=PA/+9/==", "PageToken=PA/+9/=="),
    ("\(path)?a=//evil/../b", "a=//evil/../b"),
  ]

  @Test(arguments: taken) func `the query of a link to the same list is used`(_ form: (link: String, query: String)) {
    #expect(Self.query(form.link) == .success(form.query))
  }

  static let refused: [(link: String, why: LinkRefusal)] = [
    ("//evil.example\(path)?\(q)", .otherOrigin), ("///evil.example?\(q)", .otherOrigin),
    ("https://evil.example\(path)?\(q)", .otherOrigin), ("http://example.signalwire.com\(path)?\(q)", .otherOrigin),
    ("https://example.signalwire.com:8443\(path)?\(q)", .otherOrigin),
    ("https://example.signalwire.com.evil\(path)?\(q)", .otherOrigin),
    // As long as the origin.
    ("https://example.signalwire.net\(path)?\(q)", .otherOrigin),
    ("https://example.signalwire.com@evil.example\(path)?\(q)", .otherOrigin),
    ("https://user:word@example.signalwire.com\(path)?\(q)", .otherOrigin),
    ("https://user@example.signalwire.com\(path)?\(q)", .otherOrigin),
    ("https:\(path)?\(q)", .otherOrigin), ("https:/\(path)?\(q)", .otherOrigin), ("https://\(path)?\(q)", .otherOrigin),
    ("ftp://example.signalwire.com\(path)?\(q)", .otherOrigin), ("javascript:alert?\(q)", .otherOrigin),
    ("data:,x?\(q)", .otherOrigin), ("\(origin)?\(q)", .otherOrigin),
    ("/\\evil.example\(path)?\(q)", .character), ("\\\\evil.example?\(q)", .character),
    ("\(path)?a=\\b", .character), ("\(path)?a=b\r\nHost: x", .character), ("\(path)\r\n?\(q)", .character),
    ("\(path)?a=\u{0}", .character), ("\(path)?a=\t", .character), ("\(path)?a=b c", .character),
    (" \(path)?\(q)", .character), ("\(path)?\(q)\n", .character), ("\(path)?a=\u{7f}", .character),
    ("\(path)?a=é", .character), ("\(path)?a=\u{2028}", .character), ("\(path)?a=\"b\"", .character),
    ("\(path)?a=<b>", .character), ("\(path)?a=b;c", .character), ("\(path)?a=b?c", .character),
    ("\(path)?a=@b", .character), ("\(path)?a={b}", .character), ("\(path)?a='b'", .character),
    ("\(path)?a=$b", .character), ("\(path)?a=`b`", .character),
    ("\(path)?a[0]=b", .character), ("\(path)?a=b|c", .character),
    ("\(path)?a=%", .percentEncoding), ("\(path)?a=%4", .percentEncoding), ("\(path)?a=%zz", .percentEncoding),
    ("\(path)?a=%0d%0aHost", .percentEncoding), ("\(path)?a=%00", .percentEncoding),
    ("\(path)?a=%7F", .percentEncoding), ("\(path)?\(q)#top", .fragment), ("\(path)#?\(q)", .fragment),
    ("\(path)", .noQuery), ("\(path)?", .noQuery), ("\(origin)\(path)", .noQuery),
    ("", .otherList), ("?\(q)", .otherList), ("/?\(q)", .otherList), ("Participants?\(q)", .otherList),
    ("/api/laml/2010-04-01/Accounts/p-2/Conferences/c:1/Participants?\(q)", .otherList),
    ("/api/laml/2010-04-01/Accounts/p-1/Conferences/c:2/Participants?\(q)", .otherList),
    ("/api/laml/2010-04-01/accounts/p-1/Conferences/c:1/Participants?\(q)", .otherList),
    ("/API/laml\(tail)?\(q)", .otherList), ("/api/laml/api/laml\(tail)?\(q)", .otherList),
    ("/laml\(tail)?\(q)", .otherList), ("\(path)/?\(q)", .otherList), ("\(path).xml?\(q)", .otherList),
    ("\(path).JSON?\(q)", .otherList), ("\(path).json.json?\(q)", .otherList), ("\(path)/CA1?\(q)", .otherList),
    ("/api/laml/../laml\(tail)?\(q)", .otherList), ("/api/laml/.\(tail)?\(q)", .otherList),
    ("/api/laml/%2e%2e/laml\(tail)?\(q)", .otherList), ("\(path)%00?\(q)", .otherList),
    ("/api//laml\(tail)?\(q)", .otherList), ("/api/laml/2010-04-01/Accounts/p-1/Conferences?\(q)", .otherList),
    ("\(path)?" + String(repeating: "a", count: NextPageLink.maximumLength), .tooLong),
  ]

  @Test(arguments: refused)
  func `a link that leads anywhere else is rejected`(_ form: (link: String, why: LinkRefusal)) {
    #expect(Self.query(form.link) == .failure(form.why))
  }

  @Test func `a link of exactly the maximum length is accepted, and one byte more is not`() {
    let query = String(repeating: "a", count: NextPageLink.maximumLength - Self.path.utf8.count - 1)
    #expect(Self.query("\(Self.path)?\(query)") == .success(query))
    #expect(Self.query("\(Self.path)?\(query)a") == .failure(.tooLong))
  }
}
