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
    ("", ""), ("a-long-word-without-any-digit", "a-long-word-without-any-digit"),
  ])
  func `contains no sid and no number`(_ text: String, _ shown: String) {
    #expect(ErrorRedaction.withoutIdentifiers(text) == shown)
  }
}
