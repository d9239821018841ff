@testable import RollcallCore
import Testing

struct `An error in a redacted stream` {
  @Test(arguments: [
    ("the provider answered 500: 20500 Internal error", "the provider answered 500: 20500 Internal error"),
    (
      "/Accounts/ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1/Conferences/c was not found",
      "/Accounts/…/Conferences/c was not found"
    ),
    ("no account b3877c40-da60-4998-90ad-b792e98472af.", "no account …."), ("+12025550101 is unknown", "… is unknown"),
    ("could not connect to 127.0.0.1 port 18080", "could not connect to 127.0.0.1 port 18080"),
    ("call +44 20 7946 0958 failed", "call … failed"), ("no +1 (202) 555-0101 here", "no … here"),
    ("no 202.555.0101, nor (202) 555/0101.", "no …, nor …."),
    ("could not connect to 192.168.100.200 port 443", "could not connect to 192.168.100.200 port 443"),
    ("no 12345678-9012-4998-9012-b792e98472af", "no …"), ("no 12345678-90ab-4998-9012-123456789012", "no …"),
    ("tried 3 times (of 10) in 5 s", "tried 3 times (of 10) in 5 s"),
    ("", ""), ("a-long-word-without-any-digit", "a-long-word-without-any-digit"),
  ])
  func `contains no sid and no number`(_ text: String, _ shown: String) {
    #expect(ErrorRedaction.withoutIdentifiers(text) == shown)
  }
}
