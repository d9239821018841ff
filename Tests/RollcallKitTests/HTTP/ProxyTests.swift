import RollcallCore
import Testing

@testable import RollcallKit

@Suite struct `Proxies` {
  private static let plain = "http://127.0.0.1:80/"
  private static let encrypted = "https://example.signalwire.com/"

  @Test(arguments: [
    (["HTTPS_PROXY": "http://p:1"], "http://p:1"),
    (["https_proxy": "http://q:1", "HTTPS_PROXY": "http://p:1"], "http://q:1"),
    (["ALL_PROXY": "http://p:1", "all_proxy": "http://p:1", "http_proxy": "http://p:1"], ""), ([:], ""),
  ])
  func `only https goes through a proxy, and only through its own`(variables: [String: String], proxy: String) throws {
    let settings = ProxySettings { variables[$0] }
    #expect(settings.proxy(for: try RequestOrigin(of: Secret(Self.encrypted))) == proxy)
    #expect(settings.proxy(for: try RequestOrigin(of: Secret(Self.plain))) == "")
  }

  @Test(arguments: [
    ("https://user:pass@word@example.com/p?q", "example.com port 443"), ("HTTP://[::1]:8080", "[::1] port 8080"),
    ("http://h?x@y", "h port 80"), ("http://h:81#f", "h port 81"),
  ])
  func `an origin shows only host and port`(url: String, text: String) throws {
    #expect(try RequestOrigin(of: Secret(url)).description == text)
  }
}
