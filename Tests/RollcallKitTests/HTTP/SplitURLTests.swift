import RollcallCore
import Testing

@testable import RollcallKit

struct `A URL split into the parts that libcurl gets` {
  @Test(arguments: [
    ("https://h.example/a/b?c=d", "https://h.example", "/a/b?c=d"),
    ("http://127.0.0.1:8080/a/../b//c?d=%2F", "http://127.0.0.1:8080", "/a/../b//c?d=%2F"),
    ("https://user:word@h.example:1/x", "https://user:word@h.example:1", "/x"),
    ("https://[::1]:8443/x?y=http://z/", "https://[::1]:8443", "/x?y=http://z/"),
    ("https://h.example?c=d", "https://h.example", "/?c=d"),
    ("https://h.example/a#b", "https://h.example", "/a"),
    ("https://h.example/a?b#c?d", "https://h.example", "/a?b"),
    ("https://h.example", "https://h.example", nil),
    ("https://h.example#a", "https://h.example#a", nil),
    ("https://h.example\\a", "https://h.example\\a", nil),
  ])
  func `keeps its path and query unchanged`(url: String, base: String, target: String?) {
    let split = SplitURL(Secret(url))
    #expect(split.base == base && split.target == target)
  }
}
