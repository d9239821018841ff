import Testing

@testable import RollcallCore

@Suite struct `The condition of an alert` {
  @Test(
    arguments: [
      ("hold:2m", .hold, 0, 120_000), ("muted:1s", .muted, 0, 1000), ("coaching:1d", .coaching, 0, 86_400_000),
      ("alone:30s", .alone, 0, 30_000), ("empty:24h", .empty, 0, 86_400_000), ("people:10:1500ms", .people, 10, 1500),
      ("people:20000:1m", .people, 20_000, 60_000),
    ] as [(String, AlertCondition.Subject, Int, Int64)])
  func `has a subject and a duration, and is named as it was given`(
    text: String, subject: AlertCondition.Subject, count: Int, milliseconds: Int64
  ) throws {
    let condition = try AlertCondition(text)
    #expect(condition.name == text && condition.subject == subject && condition.count == count)
    #expect(condition.duration == .milliseconds(milliseconds))
    #expect(AlertCondition.subject(ofAlert: text) == subject)
  }

  @Test(
    arguments: [
      ("", .unknownSubject("")), ("held:2m", .unknownSubject("held")), ("Hold:2m", .unknownSubject("Hold")),
      (" hold:2m", .unknownSubject(" hold")), ("hold", .incomplete(.hold)), ("people:1m", .incomplete(.people)),
      ("hold:2m:3", .surplus(.hold)), ("people:1:1m:", .surplus(.people)), ("people:abc:1m", .invalidCount("abc")),
      ("people:0:1m", .invalidCount("0")), ("people:20001:1m", .invalidCount("20001")),
      ("people:-1:1m", .invalidCount("-1")), ("people::1m", .invalidCount("")), ("hold:", .invalidDuration(.hold)),
      ("hold:0s", .invalidDuration(.hold)), ("hold:999ms", .invalidDuration(.hold)),
      ("hold:25h", .invalidDuration(.hold)), ("hold:2", .invalidDuration(.hold)),
      ("people:5:2x", .invalidDuration(.people)),
    ] as [(String, AlertCondition.Flaw)])
  func `is rejected in any other form`(text: String, flaw: AlertCondition.Flaw) {
    #expect(throws: flaw) { try AlertCondition(text) }
  }

  @Test func `means the same however its duration is written`() throws {
    #expect(try AlertCondition("hold:120s").means(AlertCondition("hold:2m")))
    #expect(try AlertCondition("people:05:1m").means(AlertCondition("people:5:60s")))
    for other in ["hold:3m", "muted:2m", "people:5:2m"] {
      #expect(try !AlertCondition("hold:2m").means(AlertCondition(other)))
    }
    #expect(try !AlertCondition("people:5:1m").means(AlertCondition("people:6:1m")))
  }

  @Test func `is about a field of a participant, or about the conference`() {
    #expect(AlertCondition.field(ofAlert: "hold:2m") == .hold && AlertCondition.field(ofAlert: "muted:2m") == .muted)
    #expect(AlertCondition.field(ofAlert: "coaching:2m") == .coaching)
    for name in ["alone:2m", "empty:2m", "people:5:2m", "later:2m", ""] {
      #expect(AlertCondition.field(ofAlert: name) == nil)
    }
  }
}
